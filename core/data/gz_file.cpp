#include "core/data/gz_file.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "core/lab/problem.h"

namespace tessera {

GzFile::GzFile(const std::filesystem::path& path, std::string kind)
    : path_(path), kind_(std::move(kind)), file_(nullptr, gzclose) {
  std::error_code ignored;
  if (std::filesystem::is_other(path, ignored)) {  // opening a pipe would wait for somebody who writes
    fail("a pipe or a device", "a readable " + kind_);
  }
  file_.reset(gzopen(path.c_str(), "rb"));
  if (!file_) fail(errno == 0 ? "out of memory" : std::strerror(errno), "a readable " + kind_);
  gzbuffer(file_.get(), 1 << 17);
}

std::size_t GzFile::read(std::uint8_t* into, unsigned size) {
  const int got = gzread(file_.get(), into, size);
  int code = Z_OK;
  const char* message = gzerror(file_.get(), &code);
  if (code == Z_BUF_ERROR) fail("ends in the middle of its compressed data", "a whole file: download it again");
  if (code == Z_ERRNO) fail(std::strerror(errno), "a readable " + kind_);
  if (got < 0 || code < 0) fail("damaged (" + std::string(message) + ")", "an undamaged file: download it again");
  return static_cast<std::size_t>(got);
}

void GzFile::fail(const std::string& found, const std::string& allowed) const {
  throw InputError({{path_.string(), found, allowed}});
}

}  // namespace tessera
