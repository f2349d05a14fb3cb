// What of a run's timeline is still to come, and changes to it. No drawing in here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/lab/session.h"

namespace tessera {

// Why an intervention can't be changed any more; empty: it is still to come. `done`: steps computed so far.
std::string why_fixed(const Intervention&, std::int64_t done);

// A run's timeline with the plan that was submitted last, until the run has answered it: a step may take seconds, and
// what is entered meanwhile builds on that plan.
class SubmittedPlan {
 public:
  void submitted(const Snapshot& now, Ticket, std::vector<Intervention> plan);
  // The timeline to show and to build on; the snapshot's own where nothing is on its way. Another pointer only when it
  // is another timeline. Null where the snapshot has none.
  std::shared_ptr<const std::vector<Intervention>> timeline(const Snapshot& now);

 private:
  Ticket ticket_ = 0;  // 0: nothing is on its way
  std::uint64_t run_ = 0;
  std::vector<Intervention> plan_;
  std::int64_t step_ = 0;                                       // of the snapshot that made_ is from,
  std::shared_ptr<const std::vector<Intervention>> of_, made_;  // and its timeline
};

// A step for a change that somebody plans while the run goes on: at least 5 % of the planned steps and a second ahead,
// a round number, within the planned steps where there is room.
std::int64_t proposed_step(const Snapshot& now);

// The schedule to submit (command::Schedule) so that in `timeline`, which is the run's or is to be (SubmittedPlan),
// `old` becomes `next`: without `old` it is added, without `next` deleted. Or all that is wrong with it: a step that is
// not after now, a change of the same parameter at that step, what the change is refused for, alone or together with
// what is in force by then.
Result<std::vector<Intervention>> replanned(const Snapshot& now, const std::vector<Intervention>& timeline,
                                            const std::optional<Intervention>& old,
                                            const std::optional<Intervention>& next, const CombinationCheck&);

// The timeline by parameter: a row each, in the order of their first change.
struct TimelineRow {
  std::string path;                  // of a layer's own value, too
  std::string label;                 // "temperature of layer 2"
  std::vector<std::size_t> changes;  // indices in the timeline, rising
};
std::vector<TimelineRow> timeline_rows(const std::vector<Intervention>& timeline, const ParameterTable&);

// "temperature", "temperature of layer 2"; the path where the table doesn't have it.
std::string label_of(std::string_view path, const ParameterTable&);

// A round distance for labels on an axis: 1, 2 or 5 times a power of ten, at least `least` and at least 1.
std::int64_t round_distance(double least);

}  // namespace tessera
