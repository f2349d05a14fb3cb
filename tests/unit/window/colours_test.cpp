// The colours against published definitions: equal steps in OKLab, WCAG 2 contrast.
#include "app/panels/colours.h"

#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>

#include "imgui.h"

namespace tessera {
namespace {

// Colours go to Dear ImGui as they are.
static_assert(std::is_same_v<Colour, ImU32>);
static_assert(rgba(1, 2, 3, 4) == IM_COL32(1, 2, 3, 4) && rgba(5, 6, 7) == IM_COL32(5, 6, 7, 255));

struct Lab {
  double l, a, b;
};

// From sRGB bytes, by Ottosson's matrices for linear sRGB -> LMS -> OKLab (the inverse of what the code under test
// has).
Lab lab(ImU32 c) {
  const auto linear = [c](int shift) {
    const double v = ((c >> shift) & 0xFF) / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  const double r = linear(0), g = linear(8), b = linear(16);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

double distance(ImU32 a, ImU32 b) {
  const Lab x = lab(a), y = lab(b);
  return std::hypot(x.l - y.l, x.a - y.a, x.b - y.b);
}

class BothThemes : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Theme, BothThemes, testing::Bool());

TEST_P(BothThemes, SequentialMapRisesEvenly) {
  const ColourMap& map = sequential_map(GetParam());
  // 16 entries apart, so that rounding to bytes does not matter.
  double total = 0;
  for (std::size_t i = 0; i + 15 < 256; i += 15) total += distance(map.colours[i], map.colours[i + 15]);
  for (std::size_t i = 0; i + 15 < 256; i += 15) {
    EXPECT_NEAR(distance(map.colours[i], map.colours[i + 15]), total / 17, 0.25 * total / 17) << i;
    const double rise = lab(map.colours[i + 15]).l - lab(map.colours[i]).l;
    EXPECT_GT(GetParam() ? rise : -rise, 0.01) << i;
  }
}

TEST_P(BothThemes, DivergingMapIsEvenAroundZero) {
  const ColourMap& map = diverging_map(GetParam());
  for (std::size_t i = 0; i < 128; i += 8) {
    EXPECT_NEAR(lab(map.colours[i]).l, lab(map.colours[255 - i]).l, 0.03) << i;
    EXPECT_GT(distance(map.colours[i], map.colours[255 - i]), i < 110 ? 0.05 : 0.0) << i;
  }
  const Lab zero = lab(map.at(0.5));
  EXPECT_LT(std::hypot(zero.a, zero.b), 0.015);  // no hue
  EXPECT_LT(distance(map.at(0.5), tones(GetParam()).background), 0.13);
}

TEST_P(BothThemes, ExpertsCanBeSeenAndToldApart) {
  const bool dark = GetParam();
  for (int i = 0; i < 24; ++i) {
    // WCAG asks 3:1 of graphics; the lighter and darker repetitions are told apart by position and number as well.
    EXPECT_GE(contrast(expert_colour(i, dark), tones(dark).background), i < 8 ? 3.0 : 1.3) << i;
    for (int j = 0; j < i; ++j)
      EXPECT_GT(distance(expert_colour(i, dark), expert_colour(j, dark)), 0.025) << i << ' ' << j;
  }
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < i; ++j)
      EXPECT_GT(distance(expert_colour(i, dark), expert_colour(j, dark)), 0.08) << i << ' ' << j;
  }
  EXPECT_EQ(expert_colour(3, dark), expert_colour(3, dark));
}

TEST_P(BothThemes, TextIsReadable) {
  const Tones& t = tones(GetParam());
  for (const ImU32 colour : {t.text, t.muted, t.good, t.warning, t.error, t.marker, t.accent}) {
    EXPECT_GE(contrast(colour, t.background), 4.5);
  }
  EXPECT_GE(contrast(t.guide, t.background), 3.0);
  for (std::size_t i = 0; i < 256; ++i) {
    for (const ColourMap* map : {&sequential_map(GetParam()), &diverging_map(GetParam())}) {
      EXPECT_GE(contrast(text_colour_on(map->colours[i]), map->colours[i]), 4.5) << i;
    }
  }
}

TEST_P(BothThemes, LayersStandOut) {
  for (int layer = 0; layer < 6; ++layer) {
    EXPECT_GE(contrast(layer_colour(layer, 6, GetParam()), tones(GetParam()).background), 2.2) << layer;
  }
}

TEST(Colours, ContrastByWcag) {
  EXPECT_NEAR(contrast(IM_COL32_WHITE, IM_COL32_BLACK), 21.0, 1e-9);
  EXPECT_NEAR(contrast(IM_COL32(0x77, 0x77, 0x77, 255), IM_COL32_WHITE), 4.48, 0.01);  // the well-known near miss
  EXPECT_EQ(text_colour_on(IM_COL32(255, 255, 0, 255)), IM_COL32_BLACK);
  EXPECT_EQ(text_colour_on(IM_COL32(0, 0, 128, 255)), IM_COL32_WHITE);
}

TEST(Colours, MapsClampAndKnowWhatIsMissing) {
  const ColourMap& map = sequential_map(true);
  EXPECT_EQ(map.at(-3), map.colours.front());
  EXPECT_EQ(map.at(7), map.colours.back());
  EXPECT_EQ(map.at(std::nan("")), missing_colour(true));
}

}  // namespace
}  // namespace tessera
