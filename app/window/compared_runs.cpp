// See compared_runs.h.
#include "app/window/compared_runs.h"

#include <algorithm>

namespace tessera {

void ComparedRuns::list(const LiveRuns& live, const std::vector<ComparedRun>& recorded, std::int64_t moment) {
  runs_.clear();
  for (const auto& run : live.all()) {
    runs_.push_back({run->name, run->label(), run->snapshot, run->snapshot, run->colour(), true});
  }
  for (const ComparedRun& run : recorded) {
    runs_.push_back(run);
    runs_.back().colour = static_cast<int>(most_live + runs_.size() - 1 - live.all().size());
  }
  std::vector<Then> then;
  for (ComparedRun& run : runs_) {
    if (moment < 0) continue;
    run.snapshot = at_moment(run.newest, moment);
    then.push_back({run.newest, moment, run.snapshot});
  }
  then_ = std::move(then);
}

std::shared_ptr<const Snapshot> ComparedRuns::at_moment(const std::shared_ptr<const Snapshot>& newest,
                                                        std::int64_t moment) const {
  const auto known = std::find_if(then_.begin(), then_.end(),
                                  [&](const Then& then) { return then.newest == newest && then.moment == moment; });
  return known != then_.end() ? known->snapshot : std::make_shared<const Snapshot>(at(*newest, moment));
}

}  // namespace tessera
