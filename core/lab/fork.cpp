// See fork.h.
#include "core/lab/fork.h"

#include <algorithm>

namespace tessera {

std::vector<Intervention> forked_timeline(const std::vector<Intervention>& parent, std::int64_t step,
                                          const std::vector<Intervention>& changes) {
  const auto changed = [&](const Intervention& other) {
    return std::any_of(changes.begin(), changes.end(), [&](const auto& change) { return change.path == other.path; });
  };
  std::vector<Intervention> timeline;
  for (const Intervention& other : parent) {
    if (other.step < step) timeline.push_back(other);
  }
  for (Intervention change : changes) {
    change.step = step;
    timeline.push_back(std::move(change));
  }
  for (const Intervention& other : parent) {
    if (other.step >= step && !changed(other)) timeline.push_back(other);
  }
  return timeline;
}

}  // namespace tessera
