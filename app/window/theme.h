// The look of the window: light or dark, at an interface scale. Colours of data are in app/panels/colours.h.
#pragma once

namespace tessera {

// Sets Dear ImGui's and ImPlot's style, from scratch. `scale` multiplies text and sizes (monitor's times the person's).
void apply_theme(bool dark, float scale);

}  // namespace tessera
