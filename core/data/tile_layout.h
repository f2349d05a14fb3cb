// Which classes each tile of a mosaic head has.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tessera {

using TileLayout = std::vector<std::vector<int>>;  // classes of each tile, rising

// layout is a choice of model.head.tiles.layout:
//   contiguous        tile t has the classes floor(t C / n) up to floor((t + 1) C / n): sizes differ by one at most
//   random_exclusive  the same of shuffled classes
//   overlapping       tile t has `classes_per_tile` classes from floor(t C / n) on, the first following the last
// The first two need tiles <= classes, the last classes_per_tile <= classes; whether it covers every class is covers().
TileLayout tile_layout(std::string_view layout, int tiles, int classes, int classes_per_tile, std::int64_t seed);

// Whether each class has a tile.
bool covers(const TileLayout& tiles, int classes);

}  // namespace tessera
