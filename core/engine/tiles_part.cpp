#include "core/engine/tiles_part.h"

#include <cstring>
#include <span>

namespace tessera {
namespace {

constexpr std::string_view part = "tiles";

}  // namespace

void write_tiles(Writer& writer, const TileLayout& tiles) {
  std::vector<std::int32_t> numbers;
  for (const auto& tile : tiles) {
    numbers.push_back(static_cast<std::int32_t>(tile.size()));
    numbers.insert(numbers.end(), tile.begin(), tile.end());
  }
  writer.write(part, std::as_bytes(std::span(numbers)));
}

TileLayout read_tiles(Reader& reader, const TileLayout& like, int classes) {
  const std::vector<std::byte> bytes = reader.read(part);
  std::vector<std::int32_t> numbers(bytes.size() / sizeof(std::int32_t));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(std::int32_t));
  TileLayout tiles;
  std::size_t at = 0;
  bool sound = bytes.size() % sizeof(std::int32_t) == 0;
  while (sound && at < numbers.size()) {
    const std::int32_t size = numbers[at++];
    sound = size >= 1 && static_cast<std::size_t>(size) <= numbers.size() - at;
    auto& tile = tiles.emplace_back();
    for (std::int32_t i = 0; sound && i < size; ++i) {
      const std::int32_t c = numbers[at++];
      sound = c > (tile.empty() ? -1 : tile.back()) && c < classes;  // rising
      tile.push_back(c);
    }
  }
  if (!sound || tiles.size() != like.size()) {
    throw InputError({{"checkpoint: layout of the tiles", std::to_string(bytes.size()) + " bytes",
                       "a checkpoint of this experiment, undamaged"}});
  }
  return tiles;
}

}  // namespace tessera
