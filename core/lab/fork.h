// Forks: runs that are another run up to a step, and differ from there on.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lab/preset.h"

namespace tessera {

// The timeline of a run that leaves its parent before step `step`: what the parent changed earlier, then `changes`
// (their steps are set to `step`), then what the parent has later but for the changed paths. Sorted by step.
std::vector<Intervention> forked_timeline(const std::vector<Intervention>& parent, std::int64_t step,
                                          const std::vector<Intervention>& changes);

}  // namespace tessera
