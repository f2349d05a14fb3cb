// A frame of the application from its beginning to its pixels, with the picture that is to be taken of it.
#pragma once

namespace tessera {

class Application;
class Graphics;

// Up to, and without, Graphics::present().
void draw_frame(Graphics&, Application&, float monitor_scale);

}  // namespace tessera
