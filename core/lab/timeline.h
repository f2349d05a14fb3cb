// What changes in a run, and when: the preset's schedule, and what a person changed. No threads in here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/lab/preset.h"

namespace tessera {

// A gradual change under way: where it started from.
struct Ramp {
  Intervention intervention;  // its path, its last value and its steps
  Value from;
  friend bool operator==(const Ramp&, const Ramp&) = default;
};

// The value that a ramp has before step `step` is computed (intervention.step <= step): `from` at its own step, the
// intervention's value from its step + ramp on. In between linear, geometric where the parameter's scale is logarithmic
// and both ends are positive; integers are rounded to the nearest.
Value ramp_value(const Ramp& ramp, const ParameterSpec& spec, std::int64_t step);

class Timeline {
 public:
  Timeline() = default;
  explicit Timeline(std::vector<Intervention> schedule);  // as a Preset has it: sorted, checked
  // After a restore: what lies before `step` has happened, and left these ramps under way.
  Timeline(std::vector<Intervention> interventions, std::vector<Ramp> ramps, std::int64_t step);

  // Brings `parameters` to what holds for step `step`: call it before each step, in order.
  // changed: whether a value is another one now; started: the interventions whose step this is.
  struct Due {
    bool changed = false;
    std::vector<Intervention> started;
  };
  Due advance(std::int64_t step, Parameters& parameters);

  // A person sets a value before step `step`: ends a ramp under way on this path, and takes the place of what was
  // planned or done on this path at this step. The value must be set in the run's parameters by the caller.
  void set(std::int64_t step, const std::string& path, const Value& value);
  // Takes the place of what hasn't happened yet; all of `planned` lies at `step` or later.
  void replace_planned(const std::vector<Intervention>& planned);

  std::size_t happened() const;  // how many of `interventions`: the others are still to come
  bool ramping(const std::string& path) const;
  bool planned_at(std::int64_t step, const std::string& path) const;
  const std::vector<Intervention>& interventions() const { return interventions_; }  // sorted by step
  const std::vector<Ramp>& ramps() const { return ramps_; }

 private:
  void drop_ramp(const std::string& path);

  std::vector<Intervention> interventions_;
  std::vector<bool> happened_;  // parallel to interventions_
  std::size_t next_ = 0;        // all before it have happened
  std::vector<Ramp> ramps_;     // under way; at most one a path
};

// The parameters in force for step `step` of a run that starts from `parameters` with this timeline.
Parameters in_force(Parameters parameters, const std::vector<Intervention>& timeline, std::int64_t step);

}  // namespace tessera
