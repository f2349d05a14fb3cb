// The steps at which tasks begin, of a run that learns them one after another. No drawing in here.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lab/session.h"

namespace tessera {

struct TaskSteps {
  std::int64_t each = 0, last_begins = 0;  // each: 0 without tasks

  bool any() const { return each > 0; }
  bool more(std::int64_t step) const { return any() && step <= last_begins; }  // one begins at `step` or later
};
TaskSteps task_steps(const Snapshot&);

// All but the first one's, rising.
std::vector<std::int64_t> task_beginnings(const TaskSteps&);

}  // namespace tessera
