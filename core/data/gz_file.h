// A file to read, compressed by gzip or plain.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

struct gzFile_s;

namespace tessera {

class GzFile {
 public:
  // kind: what it should be, in words: "IDX file". What can't be opened or read is an InputError that names the file.
  GzFile(const std::filesystem::path& path, std::string kind);

  // Up to `size` bytes; fewer only at the end of the file.
  std::size_t read(std::uint8_t* into, unsigned size);

  [[noreturn]] void fail(const std::string& found, const std::string& allowed) const;

 private:
  std::filesystem::path path_;
  std::string kind_;
  std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file_;
};

}  // namespace tessera
