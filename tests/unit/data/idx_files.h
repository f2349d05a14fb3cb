// IDX files and folders of them, made byte by byte in a folder that goes away.
#pragma once

#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace tessera::test {

using Bytes = std::vector<std::uint8_t>;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tessera-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path path;
};

inline void put_number(Bytes& bytes, std::uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(n >> shift));
}

// Magic number 0x0000 08 RANK, extents, values.
inline Bytes idx(const std::vector<std::uint32_t>& shape, const Bytes& values) {
  Bytes bytes;
  put_number(bytes, 0x00000800 + static_cast<std::uint32_t>(shape.size()));
  for (const std::uint32_t extent : shape) put_number(bytes, extent);
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

inline void write_plain(const std::filesystem::path& file, const Bytes& bytes) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<long>(bytes.size()));
}

inline void write_gz(const std::filesystem::path& file, const Bytes& bytes) {
  const gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
}

inline Bytes read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

// A data set that load_images takes: `train` and `test` images of 4 x 3 pixels, sample i of class i % 10, its pixels
// about 20 times its class: easy to learn.
inline void write_data_set(const std::filesystem::path& folder, std::uint32_t train, std::uint32_t test) {
  std::filesystem::create_directories(folder);
  for (const auto& [prefix, count] : {std::pair<std::string, std::uint32_t>{"train", train}, {"t10k", test}}) {
    Bytes pixels, labels;
    for (std::uint32_t i = 0; i < count; ++i) {
      labels.push_back(static_cast<std::uint8_t>(i % 10));
      for (std::uint32_t p = 0; p < 12; ++p) {
        pixels.push_back(static_cast<std::uint8_t>(20 * (i % 10) + (7 * i + 5 * p) % 13 + (p == i % 10 ? 40 : 0)));
      }
    }
    write_gz(folder / (prefix + "-images-idx3-ubyte.gz"), idx({count, 4, 3}, pixels));
    write_gz(folder / (prefix + "-labels-idx1-ubyte.gz"), idx({count}, labels));
  }
}

}  // namespace tessera::test
