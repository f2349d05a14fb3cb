// The course of a session: loading, running, publishing, pacing, closing.
#include <future>

#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

TEST_F(SessionTest, StartsEmpty) {
  start();
  const auto snapshot = session->snapshot();
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->state, State::empty);
  EXPECT_EQ(script->made, 0);
  EXPECT_TRUE(session->take_outcomes().empty());
  EXPECT_TRUE(session->take_events().empty());
}

TEST_F(SessionTest, RunsToTheEnd) {
  start();
  must(command::Load{preset(7)});
  const auto ready = session->snapshot();
  EXPECT_EQ(ready->state, State::ready);
  EXPECT_EQ(ready->step, 0);
  EXPECT_EQ(ready->steps, 7);
  EXPECT_EQ(ready->run, 1u);
  EXPECT_EQ(ready->steps_per_s, 0);
  ASSERT_NE(ready->description, nullptr);
  EXPECT_EQ(ready->description->metrics[FakeEngine::loss_total].name, "loss/total");
  EXPECT_EQ(ready->preset->name, "specialize/test");
  EXPECT_TRUE(*ready->parameters == ready->preset->parameters);
  EXPECT_TRUE(ready->timeline->empty());
  must(command::Play{});
  const auto done = reach(State::finished);
  EXPECT_EQ(done->step, 7);
  EXPECT_GT(done->steps_per_s, 0);
  EXPECT_EQ(done->seconds_left, 0);
  ASSERT_EQ(done->series[FakeEngine::loss_total].size(), 7u);
  EXPECT_EQ(done->series[FakeEngine::loss_total][6].step, 6);
  EXPECT_EQ(done->series[FakeEngine::alpha_entropy].size(), 4u);
  EXPECT_EQ(done->series[FakeEngine::overlap].size(), 0u);
  ASSERT_NE(done->matrices[FakeEngine::overlap], nullptr);
  EXPECT_EQ(done->matrices[FakeEngine::overlap]->step, 6);
  EXPECT_EQ(done->matrices[FakeEngine::loss_total], nullptr);
  EXPECT_EQ(done->memory_bytes, 1u << 20);
  const auto steps = script->steps();
  ASSERT_EQ(steps.size(), 7u);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(steps[i].step, static_cast<std::int64_t>(i));
    EXPECT_EQ(steps[i].last, i == 6);
  }
}

TEST_F(SessionTest, TheSameRunGivesTheSameFigures) {
  std::vector<std::vector<std::pair<std::int64_t, double>>> runs;
  for (int i = 0; i < 2; ++i) {
    start();
    must(command::Load{preset(2500)});
    must(command::Play{});
    runs.push_back(points(*reach(State::finished), FakeEngine::loss_total));
  }
  EXPECT_EQ(runs[0].size(), 2500u);
  EXPECT_EQ(runs[0], runs[1]);
}

TEST_F(SessionTest, StepsOneAtATime) {
  start();
  must(command::Load{preset(5)});
  must(command::Step{});
  EXPECT_EQ(reach(State::paused)->step, 1);
  must(command::Step{3});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 4; }, long_enough));
  EXPECT_EQ(reach(State::paused)->step, 4);
  must(command::Step{3});  // one is left
  EXPECT_EQ(reach(State::finished)->step, 5);
}

TEST_F(SessionTest, StepsMustBePositive) {
  start();
  must(command::Load{preset(5)});
  EXPECT_EQ(act(command::Step{0}).text, "step: 0; allowed: 1 or more");
  EXPECT_EQ(act(command::Step{-1}).text, "step: -1; allowed: 1 or more");
  EXPECT_EQ(session->snapshot()->state, State::ready);
}

TEST_F(SessionTest, APauseInTheMiddleOfManySteps) {
  Gate gate;
  script->on_step = [&](std::int64_t step) {
    if (step == 2) gate.pass();
  };
  start();
  must(command::Load{preset(1000)});
  must(command::Step{900});
  gate.wait_for_worker();
  const Ticket pause = session->submit(command::Pause{});
  gate.open();
  EXPECT_TRUE(result(pause).accepted);
  EXPECT_EQ(session->snapshot()->state, State::paused);
  EXPECT_EQ(session->snapshot()->step, 3) << "after the step under way";
  must(command::Step{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 4 && s.state == State::paused; }, long_enough))
      << "what was left of the 900 is forgotten";
}

TEST_F(SessionTest, CommandsAreAnsweredInOrder) {
  start();
  std::vector<Ticket> tickets;
  tickets.push_back(session->submit(command::Load{preset(100)}));
  tickets.push_back(session->submit(command::Step{}));
  for (int i = 0; i < 50; ++i) {
    tickets.push_back(session->submit(command::Set{"task.batch", std::int64_t{1 + i}, false}));
    tickets.push_back(session->submit(command::Pause{}));
  }
  std::vector<Outcome> outcomes;
  EXPECT_TRUE(session->wait(
      [&](const Snapshot&) {
        for (Outcome& outcome : session->take_outcomes()) outcomes.push_back(std::move(outcome));
        return outcomes.size() >= tickets.size();
      },
      long_enough));
  ASSERT_EQ(outcomes.size(), tickets.size());
  for (std::size_t i = 0; i < tickets.size(); ++i) EXPECT_EQ(outcomes[i].ticket, tickets[i]);
  EXPECT_EQ(session->snapshot()->parameters->integer("task.batch"), 50);
}

TEST_F(SessionTest, AnOutcomeComesWithItsSnapshot) {
  options.publish_every = std::chrono::hours(1);
  start();
  must(command::Load{preset(100)});
  for (int i = 1; i <= 20; ++i) {
    must(command::Set{"task.batch", std::int64_t{i}, false});
    EXPECT_EQ(session->snapshot()->parameters->integer("task.batch"), i);
  }
}

TEST_F(SessionTest, ASnapshotSaysWhichCommandsAreInIt) {
  start();
  EXPECT_EQ(session->snapshot()->answered, 0u);
  must(command::Load{preset(100)});
  EXPECT_EQ(session->snapshot()->answered, 1u);
  EXPECT_FALSE(act(command::Set{"no.such", 1.0, false}).accepted);
  EXPECT_EQ(session->snapshot()->answered, 2u) << "one that was refused, too";
  // While a step is under way its commands wait.
  std::promise<void> begun, go_on;
  script->on_step = [&](std::int64_t step) {
    if (step != 0) return;
    begun.set_value();
    go_on.get_future().wait();
  };
  must(command::Step{1});
  begun.get_future().wait();
  const Ticket ticket = session->submit(command::Set{"task.batch", std::int64_t{7}, false});
  EXPECT_LT(session->snapshot()->answered, ticket);
  go_on.set_value();
  EXPECT_TRUE(session->wait([&](const Snapshot& s) { return s.answered == ticket; }, long_enough));
  EXPECT_EQ(session->snapshot()->parameters->integer("task.batch"), 7);
}

TEST_F(SessionTest, PublishingIsThrottledAndEndsWithTheLastStep) {
  options.publish_every = std::chrono::hours(1);
  std::atomic<int> changes = 0;
  options.on_change = [&] { ++changes; };
  start();
  must(command::Load{preset(5000)});
  const auto before = session->snapshot();
  must(command::Play{});
  const auto done = reach(State::finished);
  EXPECT_EQ(done->step, 5000);
  EXPECT_EQ(done->series[FakeEngine::loss_total].size(), 5000u) << "all points, however few snapshots";
  EXPECT_EQ(done->version - before->version, 2u) << "Play, and the end";
  session.reset();
  EXPECT_EQ(changes, static_cast<int>(done->version) + 1) << "one call for each, and one when it has closed";
}

TEST_F(SessionTest, WithoutThrottleEveryStepIsPublished) {
  options.publish_every = std::chrono::milliseconds(0);
  start();
  must(command::Load{preset(50)});
  const auto before = session->snapshot()->version;
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->version - before, 1u + 50);
}

TEST_F(SessionTest, VersionsRiseByOneAndSnapshotsStay) {
  options.publish_every = std::chrono::milliseconds(0);
  start();
  std::vector<std::shared_ptr<const Snapshot>> seen;
  std::vector<std::size_t> sizes;
  must(command::Load{preset(3000)});
  must(command::Play{});
  session->wait(
      [&](const Snapshot& s) {
        seen.push_back(session->snapshot());
        sizes.push_back(seen.back()->series[0].size());
        return s.state == State::finished;
      },
      long_enough);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i]->series[0].size(), sizes[i]) << "immutable";
    EXPECT_EQ(static_cast<std::int64_t>(sizes[i]), seen[i]->step);
    if (i > 0) {
      EXPECT_GE(seen[i]->version, seen[i - 1]->version);
    }
  }
}

TEST_F(SessionTest, RunsRiseWithEachBuild) {
  start();
  must(command::Load{preset(5)});
  EXPECT_EQ(session->snapshot()->run, 1u);
  must(command::Reset{});
  EXPECT_EQ(session->snapshot()->run, 2u);
  must(command::Load{preset(5)});
  EXPECT_EQ(session->snapshot()->run, 3u);
}

TEST_F(SessionTest, ResetStartsAgainWithTheSameSeed) {
  start();
  must(command::Load{preset(20)});
  must(command::Play{});
  const auto first = points(*reach(State::finished), FakeEngine::loss_total);
  must(command::Reset{});
  const auto ready = session->snapshot();
  EXPECT_EQ(ready->state, State::ready);
  EXPECT_EQ(ready->step, 0);
  EXPECT_EQ(ready->series[0].size(), 0u);
  EXPECT_EQ(ready->matrices[FakeEngine::overlap], nullptr);
  must(command::Play{});
  EXPECT_EQ(points(*reach(State::finished), FakeEngine::loss_total), first);
}

TEST_F(SessionTest, ResetWithAnotherSeed) {
  start();
  must(command::Load{preset(20)});
  must(command::Play{});
  const auto first = points(*reach(State::finished), FakeEngine::loss_total);
  must(command::Reset{7});
  EXPECT_EQ(session->snapshot()->preset->parameters.integer("run.seed"), 7);
  EXPECT_EQ(session->snapshot()->parameters->integer("run.seed"), 7);
  must(command::Play{});
  EXPECT_NE(points(*reach(State::finished), FakeEngine::loss_total), first);
  EXPECT_EQ(act(command::Reset{-1}).text, "run.seed: -1; allowed: whole numbers, 0 to 2147483647");
  EXPECT_EQ(session->snapshot()->state, State::finished) << "and nothing is lost";
}

TEST_F(SessionTest, ResetWhileItRuns) {
  start();
  must(command::Load{preset(1000000)});
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step > 10; }, long_enough));
  must(command::Reset{});
  EXPECT_EQ(session->snapshot()->state, State::ready);
  EXPECT_EQ(session->snapshot()->step, 0);
}

TEST_F(SessionTest, ThePaceIsKept) {
  start();
  Preset slow = preset(5);
  ASSERT_TRUE(slow.parameters.set("run.pace", 50.0).empty());
  must(command::Load{slow});
  const auto began = std::chrono::steady_clock::now();
  must(command::Play{});
  reach(State::finished);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(4 * 20))
      << "four gaps of a fiftieth of a second: never faster, on any machine";
}

TEST_F(SessionTest, CommandsDoNotWaitForThePace) {
  start();
  Preset slow = preset(1000);
  ASSERT_TRUE(slow.parameters.set("run.pace", 0.001).empty());  // the next step would come in a quarter of an hour
  must(command::Load{slow});
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 1; }, long_enough)) << "the first at once";
  must(command::Set{"task.batch", std::int64_t{3}, false});
  EXPECT_EQ(session->snapshot()->state, State::running);
  EXPECT_EQ(session->snapshot()->step, 1);
  must(command::Pause{});
  must(command::Step{2});  // a person who asks for a step gets it
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 3; }, long_enough));
  must(command::Play{});
  must(command::Set{"run.pace", 0.0, false});
  reach(State::finished);
}

TEST_F(SessionTest, HeadlessRunsHaveNoPace) {
  options.paced = false;
  start();
  Preset slow = preset(100);
  ASSERT_TRUE(slow.parameters.set("run.pace", 0.001).empty());
  must(command::Load{slow});
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->step, 100);
}

TEST_F(SessionTest, ClosingWhileItRuns) {
  start();
  must(command::Load{preset(1000000000)});
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step > 10; }, long_enough));
  session.reset();
  EXPECT_EQ(script->alive, 0);
}

TEST_F(SessionTest, ClosingInAnyState) {
  start();
  session.reset();
  start();
  session->submit(command::Load{preset(5)});
  session.reset();
  start();
  must(command::Load{preset(5)});
  session.reset();
  start();
  must(command::Load{preset(5)});
  must(command::Play{});
  reach(State::finished);
  session.reset();
  Preset slow = preset(5);
  ASSERT_TRUE(slow.parameters.set("run.pace", 0.001).empty());
  start();
  must(command::Load{slow});
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 1; }, long_enough));
  session.reset();
  EXPECT_EQ(script->alive, 0);
}

TEST_F(SessionTest, ClosingWaitsForTheStepUnderWay) {
  Gate gate;
  std::atomic<bool> left = false;
  script->on_step = [&](std::int64_t) {
    gate.pass();
    left = true;
  };
  start();
  must(command::Load{preset(5)});
  must(command::Play{});
  gate.wait_for_worker();
  std::thread closer([&] { session.reset(); });
  gate.open();
  closer.join();
  EXPECT_TRUE(left);
  EXPECT_EQ(script->alive, 0);
}

TEST_F(SessionTest, AskedToCloseItReturnsAtOnce) {
  Gate gate;
  script->on_step = [&](std::int64_t) { gate.pass(); };
  std::promise<void> over;
  std::atomic<Session*> closing = nullptr;
  options.on_change = [&] {
    if (Session* there = closing; there && there->closed()) over.set_value();  // a second time would throw
  };
  start();
  must(command::Load{preset(5)});
  must(command::Play{});
  gate.wait_for_worker();
  const Ticket dropped = session->submit(command::Pause{});
  closing = session.get();
  session->close();
  session->close();
  EXPECT_FALSE(session->closed()) << "it is in the middle of a step";
  gate.open();
  EXPECT_EQ(over.get_future().wait_for(long_enough), std::future_status::ready);
  EXPECT_TRUE(session->closed());
  EXPECT_EQ(script->alive, 0);
  EXPECT_EQ(script->steps().size(), 1u);
  EXPECT_LT(session->snapshot()->answered, dropped);
  EXPECT_TRUE(errors().empty());
}

TEST_F(SessionTest, TheEngineLivesOnOneThread) {
  start();
  must(command::Load{preset(50)});
  must(command::Play{});
  reach(State::finished);
  must(command::Set{"task.batch", std::int64_t{5}, false});
  must(command::Reset{});
  session.reset();
  const auto users = script->users();
  ASSERT_EQ(users.size(), 1u);
  EXPECT_NE(users[0], std::this_thread::get_id());
}

TEST_F(SessionTest, NoLockIsHeldWhileTheEngineWorks) {
  Gate gate;
  script->on_step = [&](std::int64_t) { gate.pass(); };
  start();
  must(command::Load{preset(2)});
  must(command::Play{});
  gate.wait_for_worker();  // all of these would hang
  EXPECT_EQ(session->snapshot()->state, State::running);
  session->take_events();
  session->take_outcomes();
  session->submit(command::Pause{});
  EXPECT_FALSE(session->wait([](const Snapshot& s) { return s.step > 0; }, std::chrono::milliseconds(5)));
  gate.open();
  reach(State::paused);
}

TEST_F(SessionTest, OnChangeMayUseTheSession) {
  std::atomic<Session*> target = nullptr;
  std::atomic<std::uint64_t> newest = 0;
  options.on_change = [&] {
    if (Session* there = target) newest = there->snapshot()->version;
  };
  start();
  target = session.get();
  must(command::Load{preset(20)});
  must(command::Play{});
  const auto done = reach(State::finished);
  target = nullptr;
  session.reset();
  EXPECT_GE(newest, done->version - 1);
}

TEST_F(SessionTest, WhatOnChangeThrowsIsLogged) {
  options.on_change = [] { throw std::runtime_error("no window"); };
  start();
  must(command::Load{preset(3)});
  must(command::Play{});
  reach(State::finished);
  EXPECT_EQ(session->snapshot()->state, State::finished);
  const std::vector<Event> events = session->take_events();
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const Event& event) {
    return event.severity == Severity::error && event.text == "no window";
  }));
}

TEST_F(SessionTest, ManyThreadsSubmit) {
  start();
  must(command::Load{preset(1000000)});
  must(command::Play{});
  constexpr int threads = 6, each = 60;
  std::mutex mutex;
  std::vector<Ticket> tickets;
  {
    std::vector<std::jthread> submitters;
    for (int t = 0; t < threads; ++t) {
      submitters.emplace_back([&, t] {
        for (int i = 0; i < each; ++i) {
          Command command = command::Pause{};
          if (i % 4 == 0) command = command::Play{};
          if (i % 4 == 1) command = command::Set{"task.batch", std::int64_t{1 + i + t}, false};
          if (i % 4 == 2) command = command::Step{2};
          if (i == 30) command = command::Reset{};
          const Ticket ticket = session->submit(std::move(command));
          session->snapshot();
          const std::lock_guard lock(mutex);
          tickets.push_back(ticket);
        }
      });
    }
  }
  std::map<Ticket, int> answers;
  EXPECT_TRUE(session->wait(
      [&](const Snapshot&) {
        for (const Outcome& outcome : session->take_outcomes()) {
          ++answers[outcome.ticket];
          EXPECT_EQ(outcome.accepted, outcome.text.empty());
        }
        return answers.size() >= tickets.size();
      },
      long_enough));
  for (const Ticket ticket : tickets) EXPECT_EQ(answers[ticket], 1);
  EXPECT_EQ(answers.size(), static_cast<std::size_t>(threads * each));
}

TEST_F(SessionTest, EventsAreBounded) {
  start();
  Preset busy = preset(3000);
  for (std::int64_t step = 0; step < 3000; ++step) {
    busy.schedule.push_back({step, "task.batch", std::int64_t{1 + step % 100}, 0});
  }
  must(command::Load{busy});
  must(command::Play{});
  reach(State::finished);
  const auto events = session->take_events();
  EXPECT_LE(events.size(), 1000u);
  EXPECT_EQ(events.back().text, "finished after 3000 steps") << "the newest are kept";
  EXPECT_EQ(events.back().step, 3000);
}

}  // namespace
}  // namespace tessera::test
