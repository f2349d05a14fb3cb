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
  while (at < numbers.size()) {
    const std::int32_t size = numbers[at++];
    if (size < 1 || static_cast<std::size_t>(size) > numbers.size() - at) break;
    auto& tile = tiles.emplace_back();
    for (std::int32_t i = 0; i < size; ++i) tile.push_back(numbers[at++]);
    if (tile.front() < 0 || tile.back() >= classes) break;
    for (std::size_t i = 1; i < tile.size(); ++i) {
      if (tile[i] <= tile[i - 1]) at = numbers.size() + 1;
    }
  }
  if (at != numbers.size() || bytes.size() % sizeof(std::int32_t) != 0 || tiles.size() != like.size()) {
    throw InputError({{"checkpoint: layout of the tiles", std::to_string(bytes.size()) + " bytes",
                       "a checkpoint of this experiment, undamaged"}});
  }
  return tiles;
}

}  // namespace tessera
