#include "core/data/tile_layout.h"

#include <algorithm>
#include <numeric>

#include "core/data/random.h"

namespace tessera {

TileLayout tile_layout(std::string_view layout, int tiles, int classes, int classes_per_tile, std::int64_t seed) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(classes));
  std::iota(order.begin(), order.end(), 0);
  if (layout == "random_exclusive") Random(seed, "tile layout").shuffle(order);

  TileLayout result(static_cast<std::size_t>(tiles));
  for (int t = 0; t < tiles; ++t) {
    auto& tile = result[static_cast<std::size_t>(t)];
    const int first = static_cast<int>(std::int64_t{t} * classes / tiles);
    const int next = static_cast<int>(std::int64_t{t + 1} * classes / tiles);
    const int size = layout == "overlapping" ? classes_per_tile : next - first;
    for (int i = 0; i < size; ++i) tile.push_back(order[static_cast<std::size_t>((first + i) % classes)]);
    std::sort(tile.begin(), tile.end());
  }
  return result;
}

bool covers(const TileLayout& tiles, int classes) {
  std::vector<bool> covered(static_cast<std::size_t>(classes), false);
  for (const auto& tile : tiles) {
    for (const int c : tile) covered[static_cast<std::size_t>(c)] = true;
  }
  return std::find(covered.begin(), covered.end(), false) == covered.end();
}

}  // namespace tessera
