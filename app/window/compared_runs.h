// All the runs there are to compare, each at the moment shown.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "app/panels/panel.h"
#include "app/window/live_runs.h"

namespace tessera {

class ComparedRuns {
 public:
  // Those that train first, then the recorded ones; moment: as in PanelContext, -1 for now.
  void list(const LiveRuns&, const std::vector<ComparedRun>& recorded, std::int64_t moment);
  const std::vector<ComparedRun>& all() const { return runs_; }  // as of the last list()

 private:
  struct Then {  // a run at a moment, worked out before
    std::shared_ptr<const Snapshot> newest;
    std::int64_t moment;
    std::shared_ptr<const Snapshot> snapshot;
  };
  std::shared_ptr<const Snapshot> at_moment(const std::shared_ptr<const Snapshot>& newest, std::int64_t moment) const;

  std::vector<ComparedRun> runs_;
  std::vector<Then> then_;  // of runs_, while an earlier moment is shown
};

}  // namespace tessera
