// Looking at the engine between two steps.
#include <algorithm>
#include <future>
#include <stdexcept>

#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

class AskTest : public SessionTest {
 protected:
  LayerLogits logits() {
    LayerLogits found;
    must(command::Ask{[&found](const Engine& engine) { found = engine.layer_logits(0, 8); }});
    return found;
  }
};

TEST_F(AskTest, HandsTheEngineOver) {
  start();
  must(command::Load{preset()});
  const LayerLogits before = logits();
  EXPECT_EQ(before.width, 2);
  EXPECT_EQ(before.labels, std::vector<int>{0});
  must(command::Step{});
  reach(State::paused);
  EXPECT_NE(logits().logits, before.logits) << "of the last step";
  EXPECT_EQ(session->snapshot()->state, State::paused);
}

// On the worker, while it trains; never within a step.
TEST_F(AskTest, WhileItRuns) {
  std::atomic<bool> stepping = false;
  script->on_step = [&](std::int64_t) {
    stepping = true;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    stepping = false;
  };
  start();
  must(command::Load{preset(1000000)});
  must(command::Play{});
  for (int i = 0; i < 50; ++i) {
    std::promise<std::pair<bool, LayerLogits>> seen;
    session->submit(command::Ask{[&](const Engine& engine) { seen.set_value({stepping, engine.layer_logits(0, 1)}); }});
    const auto [within, found] = seen.get_future().get();
    EXPECT_FALSE(within);
    EXPECT_EQ(found.tokens, 1);
  }
  session.reset();
  const auto users = script->users();
  ASSERT_FALSE(users.empty());
  EXPECT_TRUE(std::all_of(users.begin(), users.end(), [&](auto user) { return user == users.front(); }));
  EXPECT_NE(users.front(), std::this_thread::get_id());
}

TEST_F(AskTest, WhatALookThrowsEndsNoRun) {
  start();
  must(command::Load{preset()});
  const Outcome refused = act(command::Ask{[](const Engine&) { throw std::runtime_error("no such layer"); }});
  EXPECT_FALSE(refused.accepted);
  EXPECT_EQ(refused.text, "no such layer");
  EXPECT_EQ(session->snapshot()->state, State::ready);
  must(command::Play{});
  reach(State::finished);
}

// A look changes nothing: the figures are those of a run that nobody looked into.
TEST_F(AskTest, ChangesNoFigure) {
  const auto figures = [&](bool look) {
    start();
    must(command::Load{preset(20)});
    for (int i = 0; i < 5; ++i) {
      must(command::Step{4});
      session->wait([](const Snapshot& s) { return s.state != State::running; }, long_enough);
      if (look) logits();
    }
    return points(*reach(State::finished), FakeEngine::loss_total);
  };
  const auto alone = figures(false);
  EXPECT_EQ(figures(true), alone);
}

}  // namespace
}  // namespace tessera::test
