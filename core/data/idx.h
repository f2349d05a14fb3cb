// Files in IDX format (yann.lecun.com/exdb/mnist), plain or gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tessera {

struct IdxFile {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;  // row-major, product of shape
};

// Reads an IDX file of unsigned bytes with `rank` dimensions. Throws InputError, naming the file, when it is missing,
// damaged, of another kind, shorter or longer than its header says, or larger than 1 GiB.
IdxFile read_idx(const std::filesystem::path& file, int rank);

}  // namespace tessera
