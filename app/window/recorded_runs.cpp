// See recorded_runs.h.
#include "app/window/recorded_runs.h"

#include <algorithm>
#include <exception>

namespace tessera {
namespace {

namespace fs = std::filesystem;

fs::path last_name(const fs::path& folder) {  // also of "runs/first/"
  return folder.has_filename() ? folder.filename() : folder.parent_path().filename();
}

}  // namespace

bool RecordedRuns::has(const fs::path& folder) const {
  const auto there = [&](const ComparedRun& run) { return run.about == folder.string(); };
  return std::any_of(runs_.begin(), runs_.end(), there) ||
         std::find(reading_.begin(), reading_.end(), folder) != reading_.end();
}

void RecordedRuns::add(const fs::path& folder) {
  reading_.push_back(folder);
  done_.begin([read = read_, folder]() -> Reading {
    try {
      return {folder, read(folder)};
    } catch (const std::exception& error) {  // out of memory, say
      return {folder, std::vector<Problem>{{folder.string(), error.what(), ""}}};
    }
  });
}

void RecordedRuns::remove(std::size_t index) { runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(index)); }

std::vector<RecordedRuns::Done> RecordedRuns::take() {
  std::vector<Done> taken;
  for (Reading& made : done_.take()) {
    std::erase(reading_, made.folder);
    if (made.run) {
      const auto& run = *made.run.value;
      runs_.push_back({last_name(made.folder).string(), made.folder.string(), run, run, 0, false});
    }
    taken.push_back({std::move(made.folder), std::move(made.run.problems)});
  }
  return taken;
}

}  // namespace tessera
