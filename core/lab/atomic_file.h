// Files that are either there whole or not at all: written beside their final name, synced, then renamed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace tessera {

// All throw StorageError with the path and the system's reason. The folder must exist. A symbolic link is followed.
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

// Makes what was made, renamed or removed in a folder durable. File systems that can't do that are left to their own
// promises.
void sync_folder(const std::filesystem::path& folder);

// Removes what AtomicFiles of programs that were killed left behind in a folder. Nobody may be writing there.
void remove_leftovers(const std::filesystem::path& folder);

}  // namespace tessera
