// See folder_lock.h.
#include "core/lab/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tessera {

bool FolderLock::take(const std::filesystem::path& folder) {
  release();
  folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) return true;  // what is wrong with it shows when something is written
  while (::flock(folder_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return true;
    release();
    return false;
  }
  return true;
}

void FolderLock::release() {
  if (const int folder = std::exchange(folder_, -1); folder >= 0) ::close(folder);
}

}  // namespace tessera
