// A file that is written piece by piece and may have bytes already.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace tessera {

// All but the destructor throw StorageError, naming the file.
class OutputFile {
 public:
  enum class Opening { go_on, must_be_new };
  OutputFile(const std::filesystem::path& path, Opening opening);
  ~OutputFile();
  // Not copyable or movable
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::int64_t bytes() const { return bytes_; }
  void append(std::span<const char> bytes);
  void clear();
  void sync();  // onto the disk

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  int file_;
  std::int64_t bytes_ = 0;
};

}  // namespace tessera
