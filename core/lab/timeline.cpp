// See timeline.h.
#include "core/lab/timeline.h"

#include <algorithm>
#include <cmath>

namespace tessera {
namespace {

double number(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::get<double>(value);
}

}  // namespace

Value ramp_value(const Ramp& ramp, const ParameterSpec& spec, std::int64_t step) {
  const Intervention& goal = ramp.intervention;
  if (step - goal.step >= goal.ramp) return goal.value;
  const double from = number(ramp.from), to = number(goal.value);
  const double part = static_cast<double>(step - goal.step) / static_cast<double>(goal.ramp);
  const bool geometric = spec.range.scale == Scale::logarithmic && from > 0 && to > 0;
  const double now = geometric ? from * std::pow(to / from, part) : from + (to - from) * part;
  if (spec.kind == Kind::integer) return static_cast<std::int64_t>(std::llround(now));
  return std::clamp(now, std::min(from, to), std::max(from, to));  // rounding must not leave the range
}

Timeline::Timeline(std::vector<Intervention> schedule)
    : interventions_(std::move(schedule)), happened_(interventions_.size(), false) {}

Timeline::Timeline(std::vector<Intervention> interventions, std::vector<Ramp> ramps, std::int64_t step)
    : interventions_(std::move(interventions)), ramps_(std::move(ramps)) {
  for (const Intervention& intervention : interventions_) happened_.push_back(intervention.step < step);
}

Timeline::Due Timeline::advance(std::int64_t step, Parameters& parameters) {
  Due due;
  const auto put = [&](const std::string& path, const Value& value) {
    if (parameters.get(path) == value) return;
    due.changed = parameters.set(path, value).empty() || due.changed;
  };
  while (next_ < interventions_.size() && happened_[next_]) ++next_;
  for (std::size_t i = next_; i < interventions_.size() && interventions_[i].step <= step; ++i) {
    if (happened_[i]) continue;
    happened_[i] = true;
    const Intervention& intervention = interventions_[i];
    due.started.push_back(intervention);
    drop_ramp(intervention.path);
    if (intervention.ramp > 0) {
      ramps_.push_back({intervention, parameters.get(intervention.path)});
    } else {
      put(intervention.path, intervention.value);
    }
  }
  for (const Ramp& ramp : ramps_) {
    const std::string& path = ramp.intervention.path;
    put(path, ramp_value(ramp, *parameters.table().find(path), step));
  }
  std::erase_if(ramps_, [step](const Ramp& ramp) { return step - ramp.intervention.step >= ramp.intervention.ramp; });
  return due;
}

void Timeline::set(std::int64_t step, const std::string& path, const Value& value) {
  drop_ramp(path);
  std::size_t i = 0;
  while (i < interventions_.size() && interventions_[i].step <= step) {
    if (interventions_[i].step == step && interventions_[i].path == path) {
      interventions_[i] = {step, path, value};
      happened_[i] = true;
      return;
    }
    ++i;
  }
  interventions_.insert(interventions_.begin() + static_cast<std::ptrdiff_t>(i), {step, path, value});
  happened_.insert(happened_.begin() + static_cast<std::ptrdiff_t>(i), true);
}

void Timeline::replace_planned(const std::vector<Intervention>& planned) {
  std::vector<Intervention> all;
  for (std::size_t i = 0; i < interventions_.size(); ++i) {
    const auto replaces = [&](const Intervention& other) {
      return other.step == interventions_[i].step && other.path == interventions_[i].path;
    };
    if (happened_[i] && std::none_of(planned.begin(), planned.end(), replaces)) all.push_back(interventions_[i]);
  }
  happened_.assign(all.size(), true);
  all.insert(all.end(), planned.begin(), planned.end());
  happened_.resize(all.size(), false);
  interventions_ = std::move(all);
  next_ = 0;
}

std::size_t Timeline::happened() const {
  return static_cast<std::size_t>(std::count(happened_.begin(), happened_.end(), true));
}

bool Timeline::ramping(const std::string& path) const {
  return std::any_of(ramps_.begin(), ramps_.end(), [&](const Ramp& ramp) { return ramp.intervention.path == path; });
}

bool Timeline::planned_at(std::int64_t step, const std::string& path) const {
  for (std::size_t i = 0; i < interventions_.size(); ++i) {
    if (!happened_[i] && interventions_[i].step == step && interventions_[i].path == path) return true;
  }
  return false;
}

Parameters in_force(Parameters parameters, const std::vector<Intervention>& timeline, std::int64_t step) {
  Timeline replayed(timeline);
  // Between changes only ramps go on; where one ends another, it begins from the value of the step before.
  for (const Intervention& change : timeline) {
    if (change.step >= step) break;
    if (change.step > 0) replayed.advance(change.step - 1, parameters);
    replayed.advance(change.step, parameters);
  }
  if (step > 0) replayed.advance(step - 1, parameters);
  replayed.advance(step, parameters);
  return parameters;
}

void Timeline::drop_ramp(const std::string& path) {
  std::erase_if(ramps_, [&](const Ramp& ramp) { return ramp.intervention.path == path; });
}

}  // namespace tessera
