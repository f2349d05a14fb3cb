// Names that fit: cutting, shared words, and where a heatmap puts its names.
#include "app/panels/labels.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

// Ten pixels a character, whatever it is (an ellipsis is one character of three bytes).
float ten_each(std::string_view text) {
  float width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0u) == 0x80u ? 0.0f : 10.0f;
  return width;
}

TEST(Shortened, LeavesWhatFits) { EXPECT_EQ(shortened("Trouser", 70, ten_each), "Trouser"); }
TEST(Shortened, MarksWhatItCuts) { EXPECT_EQ(shortened("Trouser", 69, ten_each), "Trous\u2026"); }
TEST(Shortened, LeavesNoSpaceBeforeTheMark) { EXPECT_EQ(shortened("Ankle boot", 70, ten_each), "Ankle\u2026"); }
TEST(Shortened, NeverCutsACharacter) { EXPECT_EQ(shortened("gr\u00f6\u00dfer", 40, ten_each), "gr\u00f6\u2026"); }
TEST(Shortened, GivesUpWhenNothingFits) { EXPECT_EQ(shortened("abc", 5, ten_each), ""); }

TEST(SharedWord, IsTakenOff) {
  const std::vector<std::string> names{"expert 0", "expert 1", "expert 12"};
  EXPECT_EQ(shared_word(names), 7u);
  EXPECT_EQ(without_shared_word(names), (std::vector<std::string>{"0", "1", "12"}));
}

TEST(SharedWord, OnlyWholeWordsAndNeverAll) {
  EXPECT_EQ(shared_word(std::vector<std::string>{"Shirt", "Shoe"}), 0u);
  EXPECT_EQ(shared_word(std::vector<std::string>{"layer ", "layer 1"}), 0u);
  EXPECT_EQ(shared_word(std::vector<std::string>{"expert 0"}), 0u);
  EXPECT_EQ(shared_word(std::vector<std::string>{}), 0u);
}

TEST(LeastPitch, FiguresMayBeCloserThanNames) {
  EXPECT_LT(least_pitch(std::vector<std::string>{"0", "12"}, 15), least_pitch(std::vector<std::string>{"Bag"}, 15));
}

struct Case {
  float width, height;
  int rows, columns;
  float row_label, column_label;
};

class Layout : public testing::TestWithParam<Case> {
 protected:
  static HeatmapMeasures measures() {
    const Case& c = GetParam();
    HeatmapMeasures m;
    m.width = c.width;
    m.height = c.height;
    m.rows = c.rows;
    m.columns = c.columns;
    m.row_label = c.row_label;
    m.column_label = c.column_label;
    m.row_title = m.column_title = 40;
    m.bar = 50;
    m.line = 15;
    m.largest_cell = 72;
    return m;
  }
};

TEST_P(Layout, CellsStayInsideWithRoomForTheBarAndTheNamesBelow) {
  const HeatmapMeasures m = measures();
  const HeatmapLayout out = layout_heatmap(m);
  EXPECT_GE(out.x, out.row_label);
  EXPECT_LE(out.x + out.width, m.width - m.bar + 0.01f);
  const float names = out.upright ? out.column_label : m.line;
  EXPECT_LE(out.y + out.height + names, m.height + 0.01f);
  EXPECT_GE(out.y, m.line);
  EXPECT_GT(out.cell_width, 0);
  EXPECT_GT(out.cell_height, 0);
  EXPECT_LE(out.cell_width, m.largest_cell);
}

TEST_P(Layout, NamesDoNotOverlap) {
  const HeatmapMeasures m = measures();
  const HeatmapLayout out = layout_heatmap(m);
  EXPECT_GE(out.cell_height * static_cast<float>(out.row_stride), m.line - 0.1f);
  const float step = out.cell_width * static_cast<float>(out.column_stride);
  // Along the axis a lying name needs its own width, a standing one the height of a line.
  EXPECT_GE(step, (out.upright ? m.line : std::min(m.column_label, out.column_label)) - 0.1f);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Layout,
                         testing::Values(Case{310, 270, 10, 10, 75, 75}, Case{310, 130, 8, 4, 20, 8},
                                         Case{150, 130, 8, 8, 20, 8}, Case{500, 350, 160, 160, 30, 25},
                                         Case{310, 270, 100, 100, 75, 75}, Case{900, 700, 2, 2, 40, 40},
                                         Case{200, 200, 1, 1, 300, 300}));

TEST(HeatmapLayout, ShortNamesLieAndLongOnesStand) {
  HeatmapMeasures m;
  m.width = 300;
  m.height = 300;
  m.rows = m.columns = 10;
  m.row_label = m.column_label = 60;
  m.bar = 50;
  m.line = 15;
  EXPECT_TRUE(layout_heatmap(m).upright);
  m.column_label = 16;
  EXPECT_FALSE(layout_heatmap(m).upright);
  EXPECT_EQ(layout_heatmap(m).column_stride, 2);  // ten cells in less than 190 pixels: 16 and a gap don't fit into one
}

TEST(HeatmapLayout, NothingToShowIsNoLayout) {
  HeatmapMeasures m;
  m.width = m.height = 100;
  EXPECT_EQ(layout_heatmap(m).width, 0);
}

}  // namespace
}  // namespace tessera
