// See timeline_events.h.
#include "app/panels/timeline_events.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/lab/text.h"

namespace tessera {
namespace {

bool before(const TimelineEvent& event, double step) { return static_cast<double>(event.step) < step; }

}  // namespace

void TimelineEvents::update(const Snapshot& now) {
  if (now.run != run_ || !described_) {
    *this = {};
    run_ = now.run;
    if (!now.description) return;
    described_ = true;
    layer_names_ = now.description->layer_names;
    for (std::size_t kind = 0; kind < std::size(kinds); ++kind) {
      for (std::size_t i = 0; i < now.description->metrics.size(); ++i) {
        const MetricSpec& spec = now.description->metrics[i];
        if (spec.family == kinds[kind].family && spec.rank == 0) sources_.push_back({i, 0, kind, spec.layer});
      }
    }
  }
  std::vector<TimelineEvent> fresh;  // of single kinds and layers
  for (Source& source : sources_) {
    if (source.metric >= now.series.size()) continue;
    const Series& series = now.series[source.metric];
    for (; source.taken < series.size(); ++source.taken) {
      const auto& [step, value] = series[source.taken];
      if (value > 0) fresh.push_back({step, value, {{source.kind, source.layer, value}}});
    }
  }
  std::stable_sort(fresh.begin(), fresh.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  for (TimelineEvent& event : fresh) add(std::move(event));
}

void TimelineEvents::add(TimelineEvent event) {
  if (!events_.empty() && events_.back().step == event.step) {
    events_.back().count += event.count;
    events_.back().parts.push_back(event.parts.front());
  } else {
    events_.push_back(std::move(event));
  }
  largest_ = std::max(largest_, events_.back().count);
}

const TimelineEvent* TimelineEvents::nearest(double step, double within) const {
  const TimelineEvent* found = nullptr;
  for (auto at = std::lower_bound(events_.begin(), events_.end(), step - within, before);
       at != events_.end() && static_cast<double>(at->step) <= step + within; ++at) {
    const double apart = std::abs(static_cast<double>(at->step) - step);
    if (!found || apart < std::abs(static_cast<double>(found->step) - step)) found = &*at;
  }
  return found;
}

std::string TimelineEvents::label() const {
  if (sources_.empty()) return {};
  const bool several = sources_.front().kind != sources_.back().kind;  // they are in the order of their kinds
  return several ? "events" : kinds[sources_.front().kind].many;
}

std::string TimelineEvents::text(std::int64_t step) const {
  std::string text = "step " + with_commas(step) + ":";
  const TimelineEvent* event = nearest(static_cast<double>(step), 0.5);
  for (std::size_t i = 0; event && i < event->parts.size(); ++i) {
    const auto& [kind, layer, count] = event->parts[i];
    const bool first = i == 0 || event->parts[i - 1].kind != kind;  // of its kind
    if (i > 0) text += ",";
    if (kinds[kind].counted) text += " " + with_commas(std::llround(count));
    if (first) text += std::string(" ") + (count == 1 || !kinds[kind].counted ? kinds[kind].one : kinds[kind].many);
    const auto index = static_cast<std::size_t>(layer);
    if (layer >= 0 && index < layer_names_.size()) text += " in " + layer_names_[index];
  }
  return text;
}

std::vector<TimelineEvents::Bar> TimelineEvents::bars(double from, double to, float most) const {
  std::vector<Bar> bars;
  const double stretch = (to - from) / static_cast<double>(std::max(1.0f, most));
  double last = -1;
  for (auto at = std::lower_bound(events_.begin(), events_.end(), from, before);
       at != events_.end() && static_cast<double>(at->step) <= to; ++at) {
    const auto step = static_cast<double>(at->step);
    const auto part = static_cast<float>(at->count / largest_);
    const double place = std::floor((step - from) / stretch);
    if (place == last) {
      bars.back().part = std::max(bars.back().part, part);
    } else {
      bars.push_back({step, part});
    }
    last = place;
  }
  return bars;
}

}  // namespace tessera
