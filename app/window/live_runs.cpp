// See live_runs.h.
#include "app/window/live_runs.h"

#include <algorithm>

namespace tessera {

LiveRuns::LiveRuns(const WindowOptions& options, std::function<void()> wake)
    : options_(options), wake_(std::move(wake)) {
  runs_.push_back(std::make_unique<LiveRun>(options_, "A", wake_));
}

LiveRuns::~LiveRuns() {
  for (const auto& run : runs_) run->session->close();  // all at once: what follows waits for each
}

LiveRun* LiveRuns::find(std::uint64_t id) {
  const auto found = std::find_if(runs_.begin(), runs_.end(), [id](const auto& run) { return run->id == id; });
  return found == runs_.end() ? nullptr : found->get();
}

bool LiveRuns::any_running() const {
  return std::any_of(runs_.begin(), runs_.end(),
                     [](const auto& run) { return run->snapshot->state == State::running; });
}

LiveRun& LiveRuns::add(const RecordedPast& past) {
  std::string name = "A";
  const auto taken = [&](const auto& run) { return run->name == name; };
  while (std::any_of(runs_.begin(), runs_.end(), taken)) ++name[0];
  runs_.push_back(std::make_unique<LiveRun>(options_, name, wake_, past));
  return *runs_.back();
}

void LiveRuns::close(LiveRun& run) {
  const auto place = std::find_if(runs_.begin(), runs_.end(), [&](const auto& other) { return other.get() == &run; });
  const auto index = static_cast<std::size_t>(place - runs_.begin());
  run.session->close();
  closing_.push_back(std::move(*place));
  runs_.erase(place);
  if (index < shown_) --shown_;
  shown_ = std::min(shown_, runs_.size() - 1);
}

std::vector<Event> LiveRuns::take_events() {
  std::vector<Event> events;
  for (const auto& run : runs_) take_events(*run, events);
  std::erase_if(closing_, [&](const auto& run) {
    const bool closed = run->session->closed();
    take_events(*run, events);  // after that: to the last one
    return closed;
  });
  return events;
}

void LiveRuns::take_events(LiveRun& run, std::vector<Event>& into) const {
  for (Event& event : run.session->take_events()) {
    if (runs_.size() + closing_.size() > 1) event.text.insert(0, run.name + ": ");
    into.push_back(std::move(event));
  }
}

}  // namespace tessera
