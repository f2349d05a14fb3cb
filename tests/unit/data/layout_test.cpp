// Tile layouts and groups of classes.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/data/groups.h"
#include "core/data/tile_layout.h"

namespace tessera {
namespace {

TileLayout layout_of(const TileLayoutSpec& spec, int classes) {
  const auto made = tile_layout(spec, classes, {});
  EXPECT_TRUE(made) << spec.layout;
  return made ? *made.value : TileLayout{};
}

TEST(TileLayout, ContiguousByHand) {
  EXPECT_EQ(layout_of({.tiles = 5}, 10), (TileLayout{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}));
  EXPECT_EQ(layout_of({.tiles = 3}, 10), (TileLayout{{0, 1, 2}, {3, 4, 5}, {6, 7, 8, 9}}));
  EXPECT_EQ(layout_of({.tiles = 1}, 3), (TileLayout{{0, 1, 2}}));
}

TEST(TileLayout, OverlappingByHand) {
  EXPECT_EQ(layout_of({.tiles = 5, .layout = "overlapping", .classes_per_tile = 4}, 10),
            (TileLayout{{0, 1, 2, 3}, {2, 3, 4, 5}, {4, 5, 6, 7}, {6, 7, 8, 9}, {0, 1, 8, 9}}));
  EXPECT_EQ(layout_of({.tiles = 2, .layout = "overlapping", .classes_per_tile = 2}, 3), (TileLayout{{0, 1}, {1, 2}}));
}

TEST(TileLayout, RandomIsExclusiveAndSeeded) {
  TileLayoutSpec spec{.tiles = 4, .layout = "random_exclusive", .seed = 7};
  const TileLayout first = layout_of(spec, 10);
  EXPECT_EQ(first, layout_of(spec, 10));
  spec.seed = 8;
  EXPECT_NE(first, layout_of(spec, 10));
  std::vector<int> all;
  for (const auto& tile : first) {
    EXPECT_TRUE(std::is_sorted(tile.begin(), tile.end()));
    EXPECT_TRUE(tile.size() == 2 || tile.size() == 3);
    all.insert(all.end(), tile.begin(), tile.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(TileLayout, IsThatOfTheTasksOrAsListed) {
  const ClassSequence tasks = {{3, 4}, {0, 1}};  // class 2 is in none
  EXPECT_EQ(*tile_layout({.tiles = 2, .layout = "tasks"}, 5, tasks).value, tasks);
  EXPECT_EQ(layout_of({.tiles = 2, .layout = "list", .list = "4,0|1-3,0"}, 5), (TileLayout{{0, 4}, {0, 1, 2, 3}}));
}

TEST(TileLayout, SaysWhatIsWrong) {
  const auto where = [](const TileLayoutSpec& spec, const ClassSequence& tasks = {}) {
    const auto made = tile_layout(spec, 5, tasks);
    return made ? std::string() : made.problems.front().where;
  };
  EXPECT_EQ(where({.tiles = 6}), "model.head.tiles.count");
  EXPECT_EQ(where({.tiles = 2, .layout = "overlapping", .classes_per_tile = 2}), "model.head.tiles.classes_per_tile");
  EXPECT_EQ(where({.tiles = 2, .layout = "overlapping", .classes_per_tile = 6}), "model.head.tiles.classes_per_tile");
  EXPECT_EQ(where({.tiles = 2, .layout = "tasks"}), "model.head.tiles.layout");
  EXPECT_EQ(where({.tiles = 3, .layout = "tasks"}, {{0, 1}, {2, 3, 4}}), "model.head.tiles.count");
  for (const char* list : {"", "0-4", "0-2|3", "0-2|3-5", "0-2|3,4|1", "0-2|"}) {
    EXPECT_EQ(where({.tiles = 2, .layout = "list", .list = list}), "model.head.tiles.list") << list;
  }
}

// Every layout that passes: sizes, range, no class twice in a tile.
TEST(TileLayout, HoldsForAllSizes) {
  for (int tiles = 1; tiles <= 12; ++tiles) {
    for (int size = 1; size <= 10; ++size) {
      for (const char* layout : {"contiguous", "random_exclusive", "overlapping"}) {
        const bool overlapping = std::string(layout) == "overlapping";
        const auto made = tile_layout({tiles, layout, size, 3}, 10, {});
        EXPECT_EQ(static_cast<bool>(made), overlapping ? tiles >= 10 || size >= (10 + tiles - 1) / tiles : tiles <= 10)
            << layout << " " << tiles << " " << size;
        if (!made) continue;
        ASSERT_EQ(made.value->size(), static_cast<std::size_t>(tiles));
        std::vector<bool> covered(10, false);
        for (const auto& tile : *made.value) {
          EXPECT_TRUE(!overlapping || tile.size() == static_cast<std::size_t>(size));
          EXPECT_FALSE(tile.empty());
          EXPECT_TRUE(std::is_sorted(tile.begin(), tile.end()));
          EXPECT_EQ(std::adjacent_find(tile.begin(), tile.end()), tile.end());
          for (const int c : tile) covered.at(static_cast<std::size_t>(c)) = true;
        }
        EXPECT_EQ(std::count(covered.begin(), covered.end(), true), 10);
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
