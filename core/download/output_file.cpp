// See output_file.h.
#include "core/download/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/lab/storage_error.h"

namespace tessera {

OutputFile::OutputFile(const std::filesystem::path& path, Opening opening) : path_(path) {
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  file_ = ::open(path.c_str(), opening == Opening::must_be_new ? flags | O_EXCL : flags, 0666);
  if (file_ < 0) fail();
  bytes_ = ::lseek(file_, 0, SEEK_END);
}

OutputFile::~OutputFile() { ::close(file_); }

void OutputFile::append(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    bytes_ += written;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void OutputFile::clear() {
  if (::ftruncate(file_, 0) != 0) fail();
  bytes_ = 0;
}

void OutputFile::sync() {
  if (::fsync(file_) != 0) fail();
}

void OutputFile::fail() const { throw StorageError(path_.string(), std::generic_category().message(errno)); }

}  // namespace tessera
