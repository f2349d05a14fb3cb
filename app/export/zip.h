// A ZIP archive, written piece by piece by libarchive: nothing is compressed, as NumPy's savez does, time stamps are
// fixed, and entries or archives over 4 GiB are ZIP64.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "app/export/export.h"

struct archive;

namespace tessera {

// All throw std::runtime_error when libarchive refuses, and whatever the output throws.
class Zip {
 public:
  explicit Zip(Output&);
  ~Zip();
  // Not copyable or movable
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;

  void begin(const std::string& name, std::uint64_t bytes);  // of the entry, all of which must be written then
  void write(std::string_view bytes);
  void finish();  // the archive is complete

 private:
  static long take(archive*, void* self, const void* bytes, std::size_t count);
  void check(int code);

  Output& output_;
  archive* archive_;
  std::exception_ptr failure_;  // what the output threw: libarchive is C and can't carry it
};

}  // namespace tessera
