// Asking about routers without waiting.
#include "app/panels/route_asker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "core/experiment.h"

namespace tessera {
namespace {

RouteQuestion about(double logit) {
  RouteQuestion question{Parameters(experiment_parameters())};
  question.tokens = 1;
  question.logits = {logit, 0};
  return question;
}

// Holds the answering thread until it is let go.
class Door {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

RouteAnswer echo(const RouteQuestion& question) {
  RouteAnswer answer;
  answer.probs = question.logits;
  return answer;
}

void wait_for(RouteAsker& asker) {
  while (!asker.poll()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(RouteAsker, TheNewestWins) {
  Door door;
  std::atomic<int> asked = 0, arrived = 0;
  RouteAsker asker;
  const RouteFunction route = [&](const RouteQuestion& question) {
    ++asked;
    door.pass();
    return echo(question);
  };
  for (const double logit : {1.0, 2.0, 3.0}) asker.ask({{7, about(logit)}}, route, [&] { ++arrived; });
  EXPECT_FALSE(asker.poll()) << "nothing waits for the answer";
  EXPECT_TRUE(asker.replies().empty());
  door.open();
  wait_for(asker);
  EXPECT_EQ(asker.replies().at(7).answer.probs[0], 1) << "the last answer is there until the new one comes";
  wait_for(asker);
  EXPECT_EQ(asker.replies().at(7).answer.probs[0], 3);
  EXPECT_FALSE(asker.busy());
  EXPECT_EQ(asked, 2) << "what was overtaken is never asked";
  EXPECT_EQ(arrived, 2);
}

TEST(RouteAsker, ARefusalIsOfItsOwnRouter) {
  RouteAsker asker;
  const RouteFunction route = [](const RouteQuestion& question) {
    if (question.logits[0] == 1) throw InputError({{"logits", "1", "2"}});
    if (question.logits[0] == 2) throw std::runtime_error("no memory");
    return echo(question);
  };
  asker.ask({{1, about(1)}, {2, about(2)}, {3, about(3)}}, route, [] {});
  wait_for(asker);
  EXPECT_EQ(asker.replies().at(1).problems.front().where, "logits");
  EXPECT_EQ(asker.replies().at(2).problems.front().found, "no memory");
  EXPECT_TRUE(asker.replies().at(3).problems.empty());
}

TEST(RouteAsker, MayBeForgottenWhileItAsks) {
  Door door;
  std::atomic<bool> answered = false;
  {
    RouteAsker asker;
    asker.ask(
        {{1, about(1)}},
        [&](const RouteQuestion& question) {
          door.pass();
          answered = true;
          return echo(question);
        },
        [] {});
    door.open();
  }
  EXPECT_TRUE(answered) << "the destructor waits for it";
}

}  // namespace
}  // namespace tessera
