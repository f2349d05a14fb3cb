// See line_reader.h.
#include "core/lab/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/lab/problem.h"

namespace tessera {
namespace {

constexpr std::size_t block = 256 << 10;

std::string text_of(int error) { return std::generic_category().message(error); }

}  // namespace

LineReader::LineReader(const std::filesystem::path& file) : path_(file) {
  file_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // doesn't wait for a pipe's other end
  if (file_ < 0) fail("can't be read: " + text_of(errno));
  struct stat status {};
  const bool regular = ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
  if (regular) return;
  ::close(file_);
  fail("this is not a file");
}

LineReader::~LineReader() { ::close(file_); }

std::optional<std::string_view> LineReader::next() {
  std::size_t searched = start_;
  while (true) {
    if (const std::size_t end = buffer_.find('\n', searched); end != std::string::npos) {
      const std::string_view line = std::string_view(buffer_).substr(start_, end - start_);
      start_ = end + 1;
      ++lines_;
      bytes_ += line.size() + 1;
      return line;
    }
    buffer_.erase(0, start_);
    start_ = 0;
    searched = buffer_.size();
    if (searched > max_line_bytes) {
      fail("line " + std::to_string(lines_ + 1) + " is longer than " + std::to_string(max_line_bytes) + " bytes");
    }
    if (!read_on()) return std::nullopt;
  }
}

// False at the end.
bool LineReader::read_on() {
  const std::size_t before = buffer_.size();
  buffer_.resize(before + block);
  ssize_t count = 0;
  do {
    count = ::read(file_, buffer_.data() + before, block);
  } while (count < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
  if (count < 0) fail("can't be read: " + text_of(error));
  return count > 0;
}

void LineReader::fail(std::string found) const {
  throw InputError({{path_.string(), std::move(found), "the figures of a run"}});
}

}  // namespace tessera
