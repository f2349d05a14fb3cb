// The colours that data has in every panel, for both themes: a categorical palette that colour-blind readers can tell
// apart, and two perceptually uniform maps whose low (or zero) end sinks into the background of the theme. Exports have
// them, too: nothing of Dear ImGui is in here.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "core/lab/metric.h"

namespace tessera {

using Colour = std::uint32_t;  // red, green, blue, alpha from the lowest byte up, as Dear ImGui's ImU32
inline constexpr int red_shift = 0, green_shift = 8, blue_shift = 16, alpha_shift = 24;
constexpr Colour rgba(std::uint32_t red, std::uint32_t green, std::uint32_t blue, std::uint32_t alpha = 255) {
  return red << red_shift | green << green_shift | blue << blue_shift | alpha << alpha_shift;
}

// The colour of an expert (or tile) everywhere. After Okabe and Ito (2008), eight hues, made readable on either
// background; beyond eight the hues return lighter, then darker, and a panel adds the expert's number.
Colour expert_colour(int expert, bool dark);

// The colour of layer `layer` of `layers`: ordinal, from the sequential map, so that depth reads as an order.
Colour layer_colour(int layer, int layers, bool dark);

// 256 colours with equal steps in OKLab (Ottosson 2020). `at` clamps; NaN gives missing_colour().
struct ColourMap {
  std::array<Colour, 256> colours;
  Colour missing;
  Colour at(double t) const;  // t in [0, 1]
};
// 0 is near the background, 1 stands out. Lightness is strictly monotone, so that it reads in grey as well.
const ColourMap& sequential_map(bool dark);
// 0.5 is zero and near the background; below it blue, above it orange-red, with equal lightness at equal distance.
const ColourMap& diverging_map(bool dark);

// The values at the ends of a map: low and high where low < high; otherwise those of the data (diverging: symmetric
// about zero), never equal.
std::pair<double, double> colour_range(Colours, double low, double high, std::span<const float> values);

// A cell without a value (a dead expert).
Colour missing_colour(bool dark);
// Black or white, whichever has more contrast (WCAG 2) on `background`.
Colour text_colour_on(Colour background);
// WCAG 2 contrast ratio of two opaque colours, 1 to 21.
double contrast(Colour a, Colour b);

// Colours with a meaning that is the same in all panels.
struct Tones {
  Colour background;  // of a panel
  Colour text, muted;
  Colour good, warning, error;
  Colour guide;   // ln N, even share, chance: lines that are no data
  Colour marker;  // where a parameter was changed
  Colour accent;  // the selection
};
const Tones& tones(bool dark);

}  // namespace tessera
