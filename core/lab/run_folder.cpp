// See run_folder.h.
#include "core/lab/run_folder.h"

#include <string>
#include <utility>
#include <vector>

#include "core/lab/atomic_file.h"
#include "core/lab/given_files.h"
#include "core/lab/never_began.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

constexpr const char* probe_name = "tessera-probe";
constexpr const char* still_going = "another run is being recorded in this folder";

[[noreturn]] void refuse(const fs::path& folder, std::string found, std::string allowed) {
  throw InputError({{folder.string(), std::move(found), std::move(allowed)}});
}

}  // namespace

bool holds_run(const fs::path& folder) {
  std::error_code error;
  for (const char* name :
       {"preset.json", "timeline.json", "scalars.csv", "timing.csv", "summary.json", "checkpoints"}) {
    if (fs::exists(folder / name, error)) return true;
  }
  return false;
}

std::optional<Problem> occupied(const fs::path& folder) {
  if (holds_run(folder)) {
    return Problem{folder.string(), "this folder holds a run already", "a new or empty folder, or to resume that run"};
  }
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("." + std::string(probe_name))) continue;  // of a recorder that looks at the same folder
    return Problem{folder.string(), "this folder is not empty: " + in_quotes(name) + " is in it",
                   "a new or empty folder"};
  }
  return std::nullopt;
}

void try_to_write(const fs::path& folder) {
  fs::path existing = folder;
  std::error_code error;
  while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  if (existing.empty()) existing = ".";
  if (!fs::is_directory(existing, error)) refuse(folder, existing.string() + " is not a folder", "");
  try {
    AtomicFile probe(existing / probe_name);  // never committed
    probe.write(std::string(64 << 10, ' '));
  } catch (const InputError& error) {
    refuse(folder, error.problems()[0].found, "a folder that can be written, with space on its disk");
  }
}

ClaimedFolder claim_new(const fs::path& wanted, bool beside, FolderLock& lock) {
  std::error_code error;
  if (wanted.has_parent_path()) fs::create_directories(wanted.parent_path(), error);
  fs::path folder = wanted;
  for (int n = 2;; ++n) {
    const bool is_new = fs::create_directory(folder, error);
    if (error && !(beside && fs::exists(folder))) refuse(folder, "can't be made: " + error.message(), "");
    if (!error) {
      std::optional<Problem> problem = Problem{folder.string(), still_going, "a new or empty folder"};
      if (lock.take(folder)) {
        clear_never_began(folder, lock);
        problem = occupied(folder);
      }
      if (!problem) return {folder, is_new};
      lock.release();
      if (!beside) throw InputError({*std::move(problem)});
    }
    folder = wanted.string() + "-" + std::to_string(n);
  }
}

void claim_recorded(const fs::path& folder, FolderLock& lock) {
  if (!fs::exists(folder / "preset.json")) {
    refuse(folder, "this folder holds no run", "the folder of an earlier run");
  }
  if (auto links = links_below(folder); !links.empty()) throw InputError(std::move(links));
  if (!lock.take(folder)) refuse(folder, still_going, "the folder of a run that has stopped");
}

}  // namespace tessera
