// A folder that one writer has for itself, among all processes.
#pragma once

#include <filesystem>

namespace tessera {

// The lock goes with the process that holds it, however that ends, and leaves nothing behind in the folder.
class FolderLock {
 public:
  FolderLock() = default;  // of no folder
  ~FolderLock() { release(); }
  // Not copyable or movable
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // False when somebody else holds it, this process included. The folder must exist. Where a file system knows no
  // locks, everybody gets one.
  bool take(const std::filesystem::path& folder);
  void release();

 private:
  int folder_ = -1;
};

}  // namespace tessera
