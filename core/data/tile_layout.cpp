#include "core/data/tile_layout.h"

#include <algorithm>
#include <numeric>

#include "core/data/groups.h"
#include "core/data/random.h"

namespace tessera {
namespace {

std::string number(std::int64_t n) { return std::to_string(n); }

// Whether each class has a tile.
bool covers(const TileLayout& tiles, int classes) {
  std::vector<bool> covered(static_cast<std::size_t>(classes), false);
  for (const auto& tile : tiles) {
    for (const int c : tile) covered[static_cast<std::size_t>(c)] = true;
  }
  return std::find(covered.begin(), covered.end(), false) == covered.end();
}

// Layouts that follow from numbers; size: classes of each overlapping tile.
TileLayout counted_layout(const TileLayoutSpec& spec, int classes, std::int64_t size) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(classes));
  std::iota(order.begin(), order.end(), 0);
  if (spec.layout == "random_exclusive") Random(spec.seed, "tile layout").shuffle(order);
  TileLayout made(static_cast<std::size_t>(spec.tiles));
  for (std::int64_t t = 0; t < spec.tiles; ++t) {
    const std::int64_t first = t * classes / spec.tiles, next = (t + 1) * classes / spec.tiles;
    auto& tile = made[static_cast<std::size_t>(t)];
    for (std::int64_t i = 0; i < (spec.layout == "overlapping" ? size : next - first); ++i) {
      tile.push_back(order[static_cast<std::size_t>((first + i) % classes)]);
    }
    std::sort(tile.begin(), tile.end());
  }
  return made;
}

Result<TileLayout> counted(const TileLayoutSpec& spec, int classes) {
  if (spec.layout != "overlapping") {
    if (spec.tiles <= classes) return counted_layout(spec, classes, 0);
    return std::vector<Problem>{
        {"model.head.tiles.count", number(spec.tiles),
         "1 to " + number(classes) + ": with layout " + spec.layout + " each class is in one tile"}};
  }
  const std::string where = "model.head.tiles.classes_per_tile", found = number(spec.classes_per_tile);
  if (spec.classes_per_tile > classes) {
    return std::vector<Problem>{{where, found, "1 to " + number(classes) + ", the number of classes"}};
  }
  TileLayout made = counted_layout(spec, classes, spec.classes_per_tile);
  if (covers(made, classes)) return made;
  std::int64_t least = spec.classes_per_tile;
  while (!covers(counted_layout(spec, classes, least), classes)) ++least;
  return std::vector<Problem>{
      {where, found,
       number(least) + " to " + number(classes) + ", so that " + number(spec.tiles) + " tiles cover all classes"}};
}

Result<TileLayout> listed(const TileLayoutSpec& spec, int classes) {
  const std::string where = "model.head.tiles.list";
  auto made = class_lists(spec.list, classes, where);
  if (!made) return std::move(made.problems);
  const std::size_t tiles = made.value->size();
  if (static_cast<std::int64_t>(tiles) != spec.tiles) {
    return std::vector<Problem>{{where, "\"" + spec.list + "\", " + number(static_cast<std::int64_t>(tiles)) + " tiles",
                                 number(spec.tiles) + ", as many as model.head.tiles.count says"}};
  }
  if (!covers(*made.value, classes)) {
    return std::vector<Problem>{{where, "\"" + spec.list + "\"",
                                 "lists in which every class from 0 to " + number(classes - 1) + " has a place"}};
  }
  for (auto& tile : *made.value) std::sort(tile.begin(), tile.end());
  return *std::move(made.value);
}

}  // namespace

Result<TileLayout> tile_layout(const TileLayoutSpec& spec, int classes, const ClassSequence& tasks) {
  if (spec.layout == "list") return listed(spec, classes);
  if (spec.layout != "tasks") return counted(spec, classes);
  if (tasks.empty()) {
    return std::vector<Problem>{{"model.head.tiles.layout", "tasks", "any other while task.kind is not sequence"}};
  }
  if (static_cast<std::int64_t>(tasks.size()) == spec.tiles) return tasks;
  return std::vector<Problem>{{"model.head.tiles.count", number(spec.tiles),
                               number(static_cast<std::int64_t>(tasks.size())) + ", the tasks, with layout tasks"}};
}

}  // namespace tessera
