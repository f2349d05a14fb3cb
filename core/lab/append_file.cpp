// See append_file.h.
#include "core/lab/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "core/lab/storage_error.h"

namespace tessera {

AppendFile::~AppendFile() {
  if (file_ < 0) return;
  try {
    flush();
  } catch (const std::exception&) {  // nobody is left to hear of it
  }
  ::close(file_);
}

void AppendFile::create(const std::filesystem::path& path) {
  path_ = path;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) fail(errno);
}

void AppendFile::open(const std::filesystem::path& path) {
  path_ = path;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file_ < 0) fail(errno);
  const off_t end = ::lseek(file_, 0, SEEK_END);
  if (end < 0) fail(errno);
  size_ = static_cast<std::uint64_t>(end);
  truncate(contents().rfind('\n') + 1);  // npos + 1 is 0: not one whole line
}

void AppendFile::append(std::string_view lines) { buffer_ += lines; }

void AppendFile::flush() {
  if (torn_) truncate(size_);
  std::size_t done = 0;
  int error = 0;
  while (done < buffer_.size() && error == 0) {
    const ssize_t written = ::write(file_, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  const std::size_t whole = error == 0 ? done : done == 0 ? 0 : buffer_.rfind('\n', done - 1) + 1;
  size_ += whole;
  buffer_.erase(0, whole);
  if (error == 0) return;
  torn_ = whole < done && ::ftruncate(file_, static_cast<off_t>(size_)) != 0;
  fail(error);
}

void AppendFile::sync() {
  flush();
  if (::fdatasync(file_) != 0) fail(errno);
}

std::string AppendFile::contents() {
  flush();
  std::string all(size_, '\0');
  std::size_t done = 0;
  while (done < all.size()) {
    const ssize_t read = ::pread(file_, all.data() + done, all.size() - done, static_cast<off_t>(done));
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) fail(read < 0 ? errno : EIO);
    done += static_cast<std::size_t>(read);
  }
  return all;
}

void AppendFile::truncate(std::uint64_t size) {
  if (::ftruncate(file_, static_cast<off_t>(size)) != 0) fail(errno);
  size_ = size;
  torn_ = false;
}

void AppendFile::fail(int error) const { throw StorageError(path_.string(), std::generic_category().message(error)); }

}  // namespace tessera
