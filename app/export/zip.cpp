// See zip.h.
#include "app/export/zip.h"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <exception>
#include <stdexcept>

namespace tessera {
namespace {

constexpr std::time_t fixed_time = 315532800;  // 1980-01-01T00:00:00Z, the first that ZIP knows

}  // namespace

Zip::Zip(Output& output) : output_(output), archive_(archive_write_new()) {
  if (!archive_) throw std::bad_alloc();
  check(archive_write_set_format_zip(archive_));
  check(archive_write_set_format_option(archive_, "zip", "compression", "store"));
  check(archive_write_set_bytes_per_block(archive_, 0));
  check(archive_write_set_bytes_in_last_block(archive_, 1));
  check(archive_write_open(archive_, this, nullptr, take, nullptr));
}

Zip::~Zip() {
  archive_write_fail(archive_);  // nothing more is written when it was given up; nothing happens when it was finished
  archive_write_free(archive_);
}

long Zip::take(archive* to, void* self, const void* bytes, std::size_t count) {
  Zip& zip = *static_cast<Zip*>(self);
  try {
    zip.output_.write({static_cast<const char*>(bytes), count});
    return static_cast<la_ssize_t>(count);
  } catch (...) {
    zip.failure_ = std::current_exception();
    archive_set_error(to, EIO, "the file can't be written");
    return -1;
  }
}

void Zip::check(int code) {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (code < ARCHIVE_OK) {
    const char* reason = archive_error_string(archive_);
    throw std::runtime_error(std::string("ZIP: ") + (reason ? reason : "unknown error"));
  }
}

void Zip::begin(const std::string& name, std::uint64_t bytes) {
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
  if (!entry) throw std::bad_alloc();
  archive_entry_set_pathname_utf8(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), fixed_time, 0);
  check(archive_write_header(archive_, entry.get()));
}

void Zip::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const la_ssize_t written = archive_write_data(archive_, bytes.data(), bytes.size());
    check(written > 0 ? ARCHIVE_OK : ARCHIVE_FATAL);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Zip::finish() { check(archive_write_close(archive_)); }

}  // namespace tessera
