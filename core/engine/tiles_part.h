// The layout of tiles in force as a part of a checkpoint: int32, little-endian, of each tile the number of its classes,
// then these.
#pragma once

#include "core/data/tile_layout.h"
#include "core/lab/engine.h"

namespace tessera {

void write_tiles(Writer& writer, const TileLayout& tiles);
// Throws InputError unless it has as many tiles as `like`, with classes below `classes`.
TileLayout read_tiles(Reader& reader, const TileLayout& like, int classes);

}  // namespace tessera
