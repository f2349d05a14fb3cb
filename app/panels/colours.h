// The colours that data has in every panel, for both themes: a categorical palette that colour-blind readers can tell
// apart, and two perceptually uniform maps whose low (or zero) end sinks into the background of the theme.
#pragma once

#include <array>

#include "imgui.h"

namespace tessera {

// The colour of an expert (or tile) everywhere. After Okabe and Ito (2008), eight hues, made readable on either
// background; beyond eight the hues return lighter, then darker, and a panel adds the expert's number.
ImU32 expert_colour(int expert, bool dark);

// The colour of layer `layer` of `layers`: ordinal, from the sequential map, so that depth reads as an order.
ImU32 layer_colour(int layer, int layers, bool dark);

// 256 colours with equal steps in OKLab (Ottosson 2020). `at` clamps; NaN gives missing_colour().
struct ColourMap {
  std::array<ImU32, 256> colours;
  ImU32 missing;
  ImU32 at(double t) const;  // t in [0, 1]
};
// 0 is near the background, 1 stands out. Lightness is strictly monotone, so that it reads in grey as well.
const ColourMap& sequential_map(bool dark);
// 0.5 is zero and near the background; below it blue, above it orange-red, with equal lightness at equal distance.
const ColourMap& diverging_map(bool dark);

// A cell without a value (a dead expert).
ImU32 missing_colour(bool dark);
// Black or white, whichever has more contrast (WCAG 2) on `background`.
ImU32 text_colour_on(ImU32 background);
// WCAG 2 contrast ratio of two opaque colours, 1 to 21.
double contrast(ImU32 a, ImU32 b);

// Colours with a meaning that is the same in all panels.
struct Tones {
  ImU32 background;  // of a panel
  ImU32 text, muted;
  ImU32 good, warning, error;
  ImU32 guide;   // ln N, even share, chance: lines that are no data
  ImU32 marker;  // where a parameter was changed
  ImU32 accent;  // the selection
};
const Tones& tones(bool dark);

}  // namespace tessera
