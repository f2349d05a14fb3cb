// See unpack.h.
#include "core/download/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/download/output_file.h"
#include "core/lab/storage_error.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

class Unpacking {
 public:
  Unpacking(const fs::path& file, const fs::path& into)
      : file_(file), into_(into), archive_(archive_read_new(), archive_read_free), bytes_(1 << 17) {
    if (!archive_) throw std::bad_alloc();
    archive_read_support_format_tar(archive_.get());
    archive_read_support_filter_gzip(archive_.get());
    check(archive_read_open_filename(archive_.get(), file.c_str(), bytes_.size()));
  }

  bool run(const std::function<bool()>& go_on) {
    archive_entry* entry = nullptr;
    while (true) {
      const int code = archive_read_next_header(archive_.get(), &entry);
      if (code == ARCHIVE_EOF) return true;
      if (code != ARCHIVE_WARN) check(code);  // warnings are of names and times
      const fs::path place = place_of(entry);
      if (archive_entry_filetype(entry) == AE_IFDIR) {
        make_folder(place);
      } else {
        make_folder(place.parent_path());
        if (!write(place, go_on)) return false;
      }
    }
  }

 private:
  void check(la_ssize_t code) const {
    if (code >= ARCHIVE_OK) return;
    const char* const reason = archive_error_string(archive_.get());
    fail(std::string("can't be unpacked: ") + (reason ? reason : "damaged"));
  }

  // Links are refused too, so that no entry can follow one out of the folder.
  fs::path place_of(archive_entry* entry) const {
    const char* const name = archive_entry_pathname(entry);
    if (!name) fail("has an entry whose name can't be read");
    const fs::path path(name);
    if (path.empty() || path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end()) {
      fail("has an entry outside of it: " + in_quotes(name));
    }
    const auto type = archive_entry_filetype(entry);
    if ((type != AE_IFREG && type != AE_IFDIR) || archive_entry_hardlink(entry)) {
      fail("has an entry that is no file or folder: " + in_quotes(name));
    }
    return (into_ / path).lexically_normal();
  }

  void make_folder(const fs::path& path) const {
    std::error_code error;
    fs::create_directories(path, error);
    if (error == std::errc::file_exists || error == std::errc::not_a_directory) fail_taken(path);
    if (error) throw StorageError(path.string(), error.message());
  }

  bool write(const fs::path& place, const std::function<bool()>& go_on) {
    std::error_code ignored;
    if (fs::exists(place, ignored)) fail_taken(place);
    OutputFile output(place, OutputFile::Opening::must_be_new);
    while (true) {
      if (!go_on()) return false;
      const la_ssize_t got = archive_read_data(archive_.get(), bytes_.data(), bytes_.size());
      check(got);
      if (got == 0) break;
      output.append({bytes_.data(), static_cast<std::size_t>(got)});
    }
    output.sync();
    return true;
  }

  // The folder was empty, so both are the archive's.
  [[noreturn]] void fail_taken(const fs::path& place) const {
    fail("has two entries in one place: " + in_quotes(place.lexically_relative(into_).string()));
  }

  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(file_.string() + ": " + what); }

  const fs::path& file_;
  const fs::path& into_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
  std::vector<char> bytes_;
};

}  // namespace

bool unpack(const fs::path& archive, const fs::path& into, const std::function<bool()>& go_on) {
  return Unpacking(archive, into).run(go_on);
}

}  // namespace tessera
