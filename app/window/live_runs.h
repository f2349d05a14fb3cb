// The runs that train side by side: at least one, at most four; the window shows one of them. Of the window's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "app/window/live_run.h"

namespace tessera {

inline constexpr std::size_t most_live = 4;

class LiveRuns {
 public:
  // With run A, in which nothing is loaded. The options outlive it; `wake` is called on any thread when there may be
  // news.
  LiveRuns(const WindowOptions&, std::function<void()> wake);
  ~LiveRuns();  // closes all, and waits for the steps under way
  // Not copyable or movable
  LiveRuns(const LiveRuns&) = delete;
  LiveRuns& operator=(const LiveRuns&) = delete;

  const std::vector<std::unique_ptr<LiveRun>>& all() const { return runs_; }
  LiveRun& shown() { return *runs_[shown_]; }
  const LiveRun& shown() const { return *runs_[shown_]; }
  LiveRun* find(std::uint64_t id);  // null: it is closed
  bool any_running() const;

  void show(std::size_t index) { shown_ = index; }
  void show_next() { shown_ = (shown_ + 1) % runs_.size(); }
  // A fork, with the first letter that is free. There must be room. Throws what making its recorder does.
  LiveRun& add(const RecordedPast& past);
  // Doesn't wait for the step under way: the run is kept until its worker has ended. If it was shown, the next one is.
  // There must be another.
  void close(LiveRun&);
  // What all have to say since the last call, with the run's name where there are several. Lets go of closed runs whose
  // workers have ended.
  std::vector<Event> take_events();

 private:
  void take_events(LiveRun&, std::vector<Event>& into) const;

  const WindowOptions& options_;
  const std::function<void()> wake_;
  std::size_t shown_ = 0;
  std::vector<std::unique_ptr<LiveRun>> runs_;
  std::vector<std::unique_ptr<LiveRun>> closing_;
};

}  // namespace tessera
