// File > Export: the figures of the run that is shown, in the formats of `export`, and pictures of single panels.
#pragma once

namespace tessera {

class Application;

void draw_export_menu(Application&);

}  // namespace tessera
