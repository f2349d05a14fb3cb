// Files that are either there whole or not at all: written beside their final name, synced, then renamed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace tessera {

// All throw InputError with the path and the system's reason. The folder must exist. A symbolic link is followed.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();  // without commit: the temporary file is removed and nothing has changed
  // Not copyable or movable
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();  // afterwards the file has its name, and survives a power cut

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_, temporary_;
  int file_ = -1;
};

void write_file(const std::filesystem::path& path, std::string_view text);  // atomically

}  // namespace tessera
