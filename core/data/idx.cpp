#include "core/data/idx.h"

#include <algorithm>
#include <string>

#include "core/data/gz_file.h"

namespace tessera {
namespace {

constexpr std::int64_t max_bytes = std::int64_t{1} << 30;
constexpr unsigned chunk = 1 << 20;  // so that a lying header allocates no more than the file gives

std::int64_t big_endian(const std::uint8_t* at) {
  return std::int64_t{at[0]} << 24 | std::int64_t{at[1]} << 16 | std::int64_t{at[2]} << 8 | std::int64_t{at[3]};
}

}  // namespace

IdxFile read_idx(const std::filesystem::path& path, int rank) {
  GzFile file(path, "IDX file");
  IdxFile result;
  std::vector<std::uint8_t> header(static_cast<std::size_t>(4 + 4 * rank));
  const std::string kind = "an IDX file of unsigned bytes with " + std::to_string(rank) + " dimensions";
  const std::size_t got = file.read(header.data(), static_cast<unsigned>(header.size()));
  if (got < 4) file.fail("only " + std::to_string(got) + " bytes", kind);
  const std::uint8_t magic[] = {0, 0, 0x08, static_cast<std::uint8_t>(rank)};
  if (!std::equal(magic, magic + 4, header.begin())) {
    file.fail("starts with " + std::to_string(big_endian(header.data())),
              kind + ", which starts with " + std::to_string(big_endian(magic)));
  }
  if (got < header.size()) file.fail("ends within its header", kind);

  std::int64_t size = 1;
  for (int d = 0; d < rank; ++d) {
    const std::int64_t extent = big_endian(header.data() + 4 + 4 * d);
    result.shape.push_back(extent);
    if (extent == 0) file.fail("its header says that dimension " + std::to_string(d) + " is 0", "at least 1");
    if (extent > max_bytes / size) file.fail("its header says that it is larger than 1 GiB", "up to 1 GiB");
    size *= extent;
  }

  const auto wanted = static_cast<std::size_t>(size);
  while (result.bytes.size() < wanted) {
    const std::size_t before = result.bytes.size();
    const auto part = static_cast<unsigned>(std::min<std::size_t>(chunk, wanted - before));
    result.bytes.resize(before + part);
    const std::size_t more = file.read(result.bytes.data() + before, part);
    if (more < part) {
      file.fail("ends after " + std::to_string(before + more) + " of " + std::to_string(size) + " bytes of data",
                "a whole file: download it again");
    }
  }
  std::uint8_t beyond;
  if (file.read(&beyond, 1) != 0) {
    file.fail("goes on after the " + std::to_string(size) + " bytes that its header says", "a file of that size");
  }
  return result;
}

}  // namespace tessera
