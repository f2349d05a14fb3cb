// See fetch.h.
#include "core/download/fetch.h"

#include <algorithm>
#include <stdexcept>

#include "core/download/http.h"
#include "core/download/md5.h"
#include "core/download/output_file.h"
#include "core/download/unpack.h"
#include "core/lab/atomic_file.h"
#include "core/lab/folder_lock.h"
#include "core/lab/storage_error.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

bool is_archive(const PublishedFile& file) { return file.name.ends_with(".tar.gz"); }

// The archive's top folder, if all lies in one.
fs::path without_top(const fs::path& folder) {
  const fs::directory_iterator first(folder), end;
  if (first == end || !first->is_directory() || std::next(fs::directory_iterator(folder)) != end) return folder;
  return first->path();
}

class Fetching {
 public:
  Fetching(const Download& set, const fs::path& folder, const std::function<bool(const FetchProgress&)>& watch)
      : set_(set), folder_(folder), parts_(folder.string() + ".part"), watch_(watch) {}

  Fetched run() {
    if (there_already()) return Fetched::before;
    lock();
    try {
      const Fetched how = fetched();
      if (how != Fetched::now) tidy();
      return how;
    } catch (const fs::filesystem_error& error) {
      tidy();
      const fs::path& written = error.path2().empty() ? error.path1() : error.path2();
      throw StorageError(written.string(), error.code().message());
    } catch (...) {
      tidy();
      throw;
    }
  }

 private:
  bool there_already() const {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(folder_, error);
    if (!fs::exists(status) || (fs::is_directory(status) && fs::is_empty(folder_, error) && !error)) return false;
    const std::vector<std::string> names = missing(set_, folder_);
    if (names.empty()) return true;
    throw InputError({{folder_.string(), "is there, but lacks " + listed(names),
                       "to remove it first, or another folder with --dest"}});
  }

  Fetched fetched() {
    if (there_already()) return Fetched::before;  // whoever had the lock has made it
    const bool whole =
        std::all_of(set_.files.begin(), set_.files.end(), [&](const PublishedFile& file) { return get(file); });
    return whole && put_together() ? Fetched::now : Fetched::stopped;
  }

  void lock() {
    std::error_code error;
    fs::create_directories(parts_, error);
    if (error)
      throw InputError({{parts_.string(), "can't be made: " + error.message(), "a folder that can be written"}});
    if (!lock_.take(parts_)) {
      throw InputError({{parts_.string(), "another ./lab data is at work here", "to wait until it is done"}});
    }
  }

  // Leaves what is worth keeping for the next try, and no empty folder.
  void tidy() const {
    std::error_code ignored;
    fs::remove_all(unpacked(), ignored);
    for (const PublishedFile& file : set_.files) {
      if (const fs::path part = part_of(file); fs::is_regular_file(part, ignored) && fs::is_empty(part, ignored)) {
        fs::remove(part, ignored);
      }
    }
    fs::remove(parts_, ignored);
  }

  bool get(const PublishedFile& file) {
    const std::string url = set_.url + file.name;
    if (!fs::exists(whole(file))) {
      const bool done = fetch_file(url, part_of(file), file.bytes, [&](std::int64_t have, std::int64_t total) {
        return watch_({file.name, false, have, total});
      });
      if (!done) return false;
      fs::rename(part_of(file), whole(file));
    }
    const std::string sum = md5_of(whole(file));
    if (sum == file.md5) return true;
    fs::remove(whole(file));
    throw std::runtime_error(url + ": its MD5 is " + sum + ", expected is " + file.md5 +
                             ": damaged on the way, or another file; removed, the next try begins anew");
  }

  bool put_together() {
    fs::remove_all(unpacked());
    fs::create_directory(unpacked());
    for (const PublishedFile& file : set_.files) {
      if (!is_archive(file)) {
        keep(file);
      } else if (!unpack_one(file)) {
        return false;
      }
    }
    const fs::path made = without_top(unpacked());
    if (const auto names = missing(set_, made); !names.empty()) {
      drop_archives();
      throw std::runtime_error(set_.url + ": what it has for " + set_.name + " lacks " + listed(names) +
                               "; removed, the next try begins anew");
    }
    fs::rename(made, folder_);
    sync_folder(folder_.parent_path());
    fs::remove_all(parts_);
    return true;
  }

  // A copy, so that the file isn't lost with `unpacked` when something fails.
  void keep(const PublishedFile& file) const {
    const fs::path copy = unpacked() / file.name;
    fs::copy_file(whole(file), copy);
    OutputFile(copy, OutputFile::Opening::go_on).sync();
  }

  bool unpack_one(const PublishedFile& file) const {
    try {
      return unpack(whole(file), unpacked(), [&] { return watch_({file.name, true, 0, 0}); });
    } catch (const StorageError&) {
      throw;  // there is nothing wrong with the archive
    } catch (const std::exception& error) {
      drop_archives();
      throw std::runtime_error(std::string(error.what()) + "; removed, the next try begins anew");
    }
  }

  void drop_archives() const {
    for (const PublishedFile& file : set_.files) fs::remove(whole(file));
  }

  fs::path whole(const PublishedFile& file) const { return parts_ / file.name; }
  fs::path part_of(const PublishedFile& file) const { return parts_ / (file.name + ".part"); }
  fs::path unpacked() const { return parts_ / "unpacked"; }

  const Download& set_;
  const fs::path& folder_;
  const fs::path parts_;
  const std::function<bool(const FetchProgress&)>& watch_;
  FolderLock lock_;
};

}  // namespace

Fetched fetch(const Download& set, const fs::path& folder, const std::function<bool(const FetchProgress&)>& watch) {
  return Fetching(set, folder, watch).run();
}

}  // namespace tessera
