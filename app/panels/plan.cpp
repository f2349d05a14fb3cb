// See plan.h.
#include "app/panels/plan.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/lab/text.h"

namespace tessera {

std::string why_fixed(const Intervention& change, std::int64_t done) {
  if (change.step > done) return {};
  if (change.step == done) return "It acts with the next step: it can't be changed any more.";
  return "It has happened: what is past can't be changed. Reset the run to plan it anew.";
}

void SubmittedPlan::submitted(const Snapshot& now, Ticket ticket, std::vector<Intervention> plan) {
  ticket_ = ticket;
  run_ = now.run;
  plan_ = std::move(plan);
  of_ = made_ = nullptr;
}

std::shared_ptr<const std::vector<Intervention>> SubmittedPlan::timeline(const Snapshot& now) {
  if (ticket_ != 0 && (now.run != run_ || now.answered >= ticket_)) *this = {};
  if (ticket_ == 0 || !now.timeline) return now.timeline;
  if (made_ && of_ == now.timeline && step_ == now.step) return made_;
  of_ = now.timeline;
  step_ = now.step;
  std::vector<Intervention> merged;
  for (const Intervention& change : *now.timeline) {
    if (change.step > now.step) break;  // the plan takes the place of the rest
    merged.push_back(change);
  }
  const std::size_t settled = merged.size();
  for (const Intervention& change : plan_) {
    if (change.step < now.step) continue;
    const auto same = [&](const Intervention& other) { return other.step == change.step && other.path == change.path; };
    // Only those of this very step can be in both.
    if (change.step > now.step ||
        std::none_of(merged.begin(), merged.begin() + static_cast<std::ptrdiff_t>(settled), same)) {
      merged.push_back(change);
    }
  }
  made_ = std::make_shared<const std::vector<Intervention>>(std::move(merged));
  return made_;
}

std::int64_t proposed_step(const Snapshot& now) {
  const std::int64_t every =
      std::max(round_distance(0.05 * static_cast<double>(now.steps)), round_distance(now.steps_per_s));
  const std::int64_t step = (now.step / every + 2) * every;
  const std::int64_t last = now.steps > 0 ? now.steps - 1 : step;
  return std::max(now.step + 1, std::min(step, last));
}

Result<std::vector<Intervention>> replanned(const Snapshot& now, const std::vector<Intervention>& timeline,
                                            const std::optional<Intervention>& old,
                                            const std::optional<Intervention>& next, const CombinationCheck& check) {
  std::vector<Problem> problems;
  if (!now.parameters) return std::vector<Problem>{{"", "no experiment", "one that is loaded"}};
  if (old && old->step <= now.step) problems.push_back({old->path, why_fixed(*old, now.step), ""});
  std::vector<Intervention> planned;
  bool found = false;
  for (const Intervention& change : timeline) {
    if (change.step < now.step) continue;  // one of this very step may not have happened: it stays in the plan
    if (old && change == *old) {
      found = true;
    } else {
      planned.push_back(change);
    }
  }
  if (old && !found && problems.empty()) problems.push_back({old->path, "it is no longer planned", ""});
  if (next) {
    const Result<Intervention> good = checked(*next, *now.parameters, "");
    problems.insert(problems.end(), good.problems.begin(), good.problems.end());
    if (next->step <= now.step) {
      problems.push_back({"step", number_text(next->step),
                          number_text(now.step + 1) + " or later: the run is at step " + number_text(now.step)});
    }
    const auto same = [&](const Intervention& other) { return other.step == next->step && other.path == next->path; };
    if (std::any_of(planned.begin(), planned.end(), same)) {
      problems.push_back({next->path, "changes at step " + number_text(next->step) + " already", "once a step"});
    }
    if (good) planned.push_back(*good.value);
  }
  std::stable_sort(planned.begin(), planned.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  if (problems.empty()) problems = check_schedule(planned, *now.parameters, check);
  if (!problems.empty()) return problems;
  return planned;
}

std::string label_of(std::string_view path, const ParameterTable& table) {
  const ParameterSpec* spec = table.find(path);
  std::string label = spec ? spec->label : std::string(path);
  if (const auto layer = layer_path(path)) label += " of layer " + std::to_string(layer->layer);
  return label;
}

std::vector<TimelineRow> timeline_rows(const std::vector<Intervention>& timeline, const ParameterTable& table) {
  std::vector<TimelineRow> rows;
  std::map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    const auto [place, added] = places.emplace(timeline[i].path, rows.size());
    if (added) rows.push_back({timeline[i].path, label_of(timeline[i].path, table), {}});
    rows[place->second].changes.push_back(i);
  }
  return rows;
}

std::int64_t round_distance(double least) {
  if (!(least > 1)) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power >= least * (1 - 1e-9)) return std::llround(times * power);
  }
  return std::llround(10 * power);
}

}  // namespace tessera
