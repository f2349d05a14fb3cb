// The lines of a file that somebody else may have made, one after another, in bounded memory whatever the file holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tessera {

// A matrix over the longest axes that there are takes less.
inline constexpr std::size_t max_line_bytes = 64 << 20;

class LineReader {
 public:
  // InputError unless it is a regular file (a link to one is followed) that can be read: a pipe would have to be waited
  // for, and a device may never end.
  explicit LineReader(const std::filesystem::path& file);
  ~LineReader();
  // Not copyable or movable
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next whole line without its line feed, valid until the next call; nothing at the end. A last line without its
  // end is left out: it was cut off, or is being written. InputError: a line of more than max_line_bytes, or the file
  // can't be read on.
  std::optional<std::string_view> next();
  std::int64_t lines() const { return lines_; }   // that were returned
  std::uint64_t bytes() const { return bytes_; }  // of them, with their line feeds

 private:
  [[noreturn]] void fail(std::string found) const;
  bool read_on();

  std::filesystem::path path_;
  int file_ = -1;
  std::string buffer_;
  std::size_t start_ = 0;  // of the next line, in the buffer
  std::int64_t lines_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace tessera
