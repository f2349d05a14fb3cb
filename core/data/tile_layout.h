// Which classes each tile of a mosaic head has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/class_sequence.h"
#include "core/lab/problem.h"

namespace tessera {

using TileLayout = std::vector<std::vector<int>>;  // classes of each tile, rising

// layout:
//   contiguous        tile t has the classes floor(t C / n) up to floor((t + 1) C / n): sizes differ by one at most
//   random_exclusive  the same of shuffled classes
//   overlapping       tile t has `classes_per_tile` classes from floor(t C / n) on, the first following the last
//   tasks             tile t has the classes of task t
//   list              as written
struct TileLayoutSpec {
  std::int64_t tiles = 5;
  std::string layout = "contiguous";
  std::int64_t classes_per_tile = 4;  // of overlapping tiles
  std::int64_t seed = 1;              // of random_exclusive ones
  std::string list{};                 // "0-4|5-9"
};

// tasks: of a sequence; empty: there is none. Every tile has a class, and every class a tile, but for classes of no
// task with layout tasks. Problems name model.head.tiles.*, each with what is allowed.
Result<TileLayout> tile_layout(const TileLayoutSpec& spec, int classes, const ClassSequence& tasks);

}  // namespace tessera
