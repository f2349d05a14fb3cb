// Tile layouts and groups of classes.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/data/groups.h"
#include "core/data/tile_layout.h"

namespace tessera {
namespace {

TEST(TileLayout, ContiguousByHand) {
  EXPECT_EQ(tile_layout("contiguous", 5, 10, 1, 0), (TileLayout{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}));
  EXPECT_EQ(tile_layout("contiguous", 3, 10, 1, 0), (TileLayout{{0, 1, 2}, {3, 4, 5}, {6, 7, 8, 9}}));
  EXPECT_EQ(tile_layout("contiguous", 1, 3, 1, 0), (TileLayout{{0, 1, 2}}));
}

TEST(TileLayout, OverlappingByHand) {
  EXPECT_EQ(tile_layout("overlapping", 5, 10, 4, 0),
            (TileLayout{{0, 1, 2, 3}, {2, 3, 4, 5}, {4, 5, 6, 7}, {6, 7, 8, 9}, {0, 1, 8, 9}}));
  EXPECT_EQ(tile_layout("overlapping", 2, 3, 2, 0), (TileLayout{{0, 1}, {1, 2}}));
}

TEST(TileLayout, RandomIsExclusiveAndSeeded) {
  const TileLayout first = tile_layout("random_exclusive", 4, 10, 1, 7);
  EXPECT_EQ(first, tile_layout("random_exclusive", 4, 10, 1, 7));
  EXPECT_NE(first, tile_layout("random_exclusive", 4, 10, 1, 8));
  std::vector<int> all;
  for (const auto& tile : first) {
    EXPECT_TRUE(std::is_sorted(tile.begin(), tile.end()));
    EXPECT_TRUE(tile.size() == 2 || tile.size() == 3);
    all.insert(all.end(), tile.begin(), tile.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(TileLayout, CoversSaysWhetherEveryClassHasATile) {
  EXPECT_TRUE(covers({{0, 1}, {1, 2}}, 3));
  EXPECT_FALSE(covers({{0, 1}, {1}}, 3));
}

// Every layout that check_combinations lets pass: sizes, range, no class twice in a tile.
TEST(TileLayout, HoldsForAllSizes) {
  for (int tiles = 1; tiles <= 12; ++tiles) {
    for (int size = 1; size <= 10; ++size) {
      for (const char* layout : {"contiguous", "random_exclusive", "overlapping"}) {
        const bool overlapping = std::string(layout) == "overlapping";
        if (!overlapping && tiles > 10) continue;
        const TileLayout made = tile_layout(layout, tiles, 10, size, 3);
        ASSERT_EQ(made.size(), static_cast<std::size_t>(tiles));
        EXPECT_TRUE(overlapping || covers(made, 10));
        for (const auto& tile : made) {
          EXPECT_TRUE(!overlapping || tile.size() == static_cast<std::size_t>(size));
          EXPECT_FALSE(tile.empty());
          EXPECT_TRUE(std::is_sorted(tile.begin(), tile.end()));
          EXPECT_EQ(std::adjacent_find(tile.begin(), tile.end()), tile.end());
          EXPECT_GE(tile.front(), 0);
          EXPECT_LT(tile.back(), 10);
        }
      }
    }
  }
}

Groups groups_of(const char* kind, const char* custom = "") {
  const auto groups = class_groups(kind, custom, 5);
  return groups ? *groups.value : Groups{};
}

TEST(Groups, ByHand) {
  EXPECT_EQ(groups_of("classes"), (Groups{{0}, {1}, {2}, {3}, {4}}));
  EXPECT_EQ(groups_of("pairs"), (Groups{{0, 1}, {2, 3}, {4}}));
  EXPECT_EQ(groups_of("halves"), (Groups{{0, 1, 2}, {3, 4}}));
  EXPECT_EQ(groups_of("parity"), (Groups{{0, 2, 4}, {1, 3}}));
  EXPECT_EQ(groups_of("custom", "0-2|3-4"), (Groups{{0, 1, 2}, {3, 4}}));
  EXPECT_EQ(groups_of("custom", " 4, 0 | 1-1 "), (Groups{{4, 0}, {1}}));
  EXPECT_EQ(groups_of("custom", "0|0,1"), (Groups{{0}, {0, 1}})) << "groups may share classes";
}

TEST(Groups, RefusesWhatIsNoGrouping) {
  for (const char* text : {"", "|", "0", "0-4", "0|", "0|5", "0|-1", "a|b", "0|3-1", "0||1", "0,|1", "0|1,1", "0|1-",
                           "0|1-2-3", "0|99999999999999", "0|1.5", "0;1"}) {
    const auto groups = class_groups("custom", text, 5);
    ASSERT_FALSE(groups) << text;
    EXPECT_EQ(groups.problems[0].where, "measure.custom_groups");
    EXPECT_FALSE(groups.problems[0].allowed.empty());
  }
}

TEST(Groups, HaveNames) {
  const std::vector<std::string> classes = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(group_name({2}, classes), "c");
  EXPECT_EQ(group_name({1, 2, 3}, classes), "1-3");
  EXPECT_EQ(group_name({0, 2, 4}, classes), "0,2,4");
  EXPECT_EQ(group_name({2, 0, 1}, classes), "2,0,1");
}

}  // namespace
}  // namespace tessera
