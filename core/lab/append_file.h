// A file of lines that only grows: what is in it stays whole whatever happens, but for the last line after a power cut.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace tessera {

// Writing errors (a full disk) throw StorageError with the path and the system's reason. The whole lines that fitted
// stay; the others are kept, and come first at the next try: there is never a gap.
class AppendFile {
 public:
  AppendFile() = default;  // no file yet
  ~AppendFile();           // writes what is buffered if it can; flush() says whether it could
  // Not copyable or movable
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void create(const std::filesystem::path& path);  // must not exist
  void open(const std::filesystem::path& path);    // exists, or is made; a last line without its end is cut off
  bool is_open() const { return file_ >= 0; }
  bool empty() const { return size_ == 0 && buffer_.empty(); }

  void append(std::string_view lines);  // buffered; ends with a line feed
  void flush();                         // to the system
  void sync();                          // to the disk; that the file exists is its folder's to sync

  std::size_t buffered() const { return buffer_.size(); }  // bytes

  // Drops all lines from the first one that `first_dropped` is true for. The buffer is flushed before. InputError when
  // the lines can't be read (core/lab/line_reader.h).
  void cut(const std::function<bool(std::string_view line)>& first_dropped);

 private:
  [[noreturn]] void fail(int error) const;
  std::uint64_t end_of_lines() const;
  void truncate(std::uint64_t size);

  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t size_ = 0;  // of the file, without the buffer
  std::string buffer_;
  bool torn_ = false;  // behind size_ is a part of a line that couldn't be cut off
};

}  // namespace tessera
