// See route_asker.h.
#include "app/panels/route_asker.h"

#include <exception>
#include <utility>

namespace tessera {
namespace {

RouteAsker::Reply reply_to(const RouteQuestion& question, const RouteFunction& route) {
  try {
    return {route(question), {}};
  } catch (const InputError& error) {
    return {{}, error.problems()};
  } catch (const std::exception& error) {
    return {{}, {{"", error.what(), ""}}};
  }
}

}  // namespace

void RouteAsker::ask(Questions questions, RouteFunction route, std::function<void()> arrived) {
  waiting_ = Waiting{std::move(questions), std::move(route), std::move(arrived)};
  if (!busy()) send(*std::exchange(waiting_, {}));
}

bool RouteAsker::poll() {
  {
    const std::lock_guard lock(mutex_);
    if (!arrived_) return false;
    replies_ = *std::exchange(arrived_, {});
  }
  under_way_.get();
  if (waiting_) send(*std::exchange(waiting_, {}));
  return true;
}

void RouteAsker::send(Waiting waiting) {
  under_way_ = std::async(std::launch::async, [this, waiting = std::move(waiting)] {
    std::map<int, Reply> replies;
    for (const auto& [id, question] : waiting.questions) replies.emplace(id, reply_to(question, waiting.route));
    {
      const std::lock_guard lock(mutex_);
      arrived_ = std::move(replies);
    }
    waiting.arrived();
  });
}

}  // namespace tessera
