// Asks about routers on a thread of its own, so that drawing never waits for an answer.
#pragma once

#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "core/lab/problem.h"
#include "core/lab/route_question.h"

namespace tessera {

// Of one thread, which is never blocked but by the destructor: that waits for the questions under way.
class RouteAsker {
 public:
  using Questions = std::map<int, RouteQuestion>;  // by an id of the caller's
  struct Reply {
    RouteAnswer answer;
    std::vector<Problem> problems;  // none: there is an answer
  };

  RouteAsker() = default;
  // Not copyable or movable: the other thread writes into it
  RouteAsker(const RouteAsker&) = delete;
  RouteAsker& operator=(const RouteAsker&) = delete;

  // At most one set of questions is under way; of those that come meanwhile the newest is next. `arrived` is called on
  // the other thread when there are replies.
  void ask(Questions, RouteFunction, std::function<void()> arrived);
  // Takes what has arrived, and sends what waits. Whether there are new replies.
  bool poll();
  // To the last questions that were answered, by their ids.
  const std::map<int, Reply>& replies() const { return replies_; }
  bool busy() const { return under_way_.valid(); }

 private:
  struct Waiting {
    Questions questions;
    RouteFunction route;
    std::function<void()> arrived;
  };
  void send(Waiting);

  std::map<int, Reply> replies_;
  std::optional<Waiting> waiting_;
  std::mutex mutex_;                             // of:
  std::optional<std::map<int, Reply>> arrived_;  // before the caller is told, who may look at once
  std::future<void> under_way_;                  // last: its destructor waits
};

}  // namespace tessera
