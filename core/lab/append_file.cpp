// See append_file.h.
#include "core/lab/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "core/lab/line_reader.h"
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
  if (const std::uint64_t whole = end_of_lines(); whole < size_) truncate(whole);
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

void AppendFile::cut(const std::function<bool(std::string_view line)>& first_dropped) {
  flush();
  LineReader lines(path_);
  std::uint64_t kept = 0;
  for (auto line = lines.next(); line && !first_dropped(*line); line = lines.next()) kept = lines.bytes();
  if (kept < size_) truncate(kept);
}

// Behind the last line feed, looked for from the end: it is there, but for the part of a line, or the file is none of
// lines.
std::uint64_t AppendFile::end_of_lines() const {
  std::array<char, 64 << 10> block;
  std::uint64_t end = size_;
  while (end > 0) {
    if (size_ - end > max_line_bytes) {
      throw InputError({{path_.string(), "its last line has no end", "the figures of a run"}});
    }
    const std::uint64_t start = end > block.size() ? end - block.size() : 0;
    const ssize_t count = ::pread(file_, block.data(), end - start, static_cast<off_t>(start));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    if (static_cast<std::uint64_t>(count) < end - start) fail(EIO);
    const std::string_view text(block.data(), end - start);
    if (const std::size_t feed = text.rfind('\n'); feed != std::string_view::npos) return start + feed + 1;
    end = start;
  }
  return 0;
}

void AppendFile::truncate(std::uint64_t size) {
  if (::ftruncate(file_, static_cast<off_t>(size)) != 0) fail(errno);
  size_ = size;
  torn_ = false;
}

void AppendFile::fail(int error) const { throw StorageError(path_.string(), std::generic_category().message(error)); }

}  // namespace tessera
