// What a run's history keeps: checked by its properties, and the run at a moment against a run that stopped there.
#include "core/lab/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

std::shared_ptr<const Matrix> matrix(std::int64_t step, int side = 4) {
  Matrix made{step, side, side, {}};
  made.values.assign(static_cast<std::size_t>(side) * side, static_cast<float>(step));
  made.values.shrink_to_fit();
  return std::make_shared<const Matrix>(std::move(made));
}

std::vector<std::int64_t> steps_of(const History& history, std::size_t metric) {
  std::vector<std::int64_t> steps;
  for (std::size_t i = 0; i < history.size(metric); ++i) steps.push_back(history.frame(metric, i)->step);
  return steps;
}

std::size_t counted_bytes(const History& history) {
  std::size_t bytes = 0;
  for (std::size_t m = 0; m < history.metrics(); ++m) {
    for (std::size_t i = 0; i < history.size(m); ++i) bytes += History::bytes_of(*history.frame(m, i));
  }
  return bytes;
}

TEST(History, KeepsEverythingWhileThereIsRoom) {
  History history(2);
  for (std::int64_t step = 0; step < 1000; step += 5) history.append(1, matrix(step));
  EXPECT_EQ(history.size(0), 0u);
  ASSERT_EQ(history.size(1), 200u);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(history.frame(1, i)->step, static_cast<std::int64_t>(5 * i));
  EXPECT_EQ(history.at(1, -1), nullptr);
  EXPECT_EQ(history.at(1, 0)->step, 0);
  EXPECT_EQ(history.at(1, 404)->step, 400);
  EXPECT_EQ(history.at(1, 405)->step, 405);
  EXPECT_EQ(history.at(1, 1'000'000)->step, 995);
  EXPECT_EQ(history.at(0, 500), nullptr);
}

TEST(History, FindsTheNearestFramesOfWhicheverMetric) {
  History history(3);
  for (const std::int64_t step : {0, 20, 40}) history.append(0, matrix(step));
  for (const std::int64_t step : {0, 30}) history.append(2, matrix(step));
  EXPECT_EQ(history.before(0), std::nullopt);
  EXPECT_EQ(history.before(30), 20);
  EXPECT_EQ(history.before(31), 30);
  EXPECT_EQ(history.before(1000), 40);
  EXPECT_EQ(history.after(-1), 0);
  EXPECT_EQ(history.after(0), 20);
  EXPECT_EQ(history.after(20), 30);
  EXPECT_EQ(history.after(40), std::nullopt);
}

TEST(History, StepsMustRise) {
  History history(1);
  history.append(0, matrix(5));
  EXPECT_THROW(history.append(0, matrix(5)), std::logic_error);
  EXPECT_THROW(history.append(0, matrix(4)), std::logic_error);
  EXPECT_THROW(history.append(1, matrix(9)), std::out_of_range);
}

TEST(History, StaysBelowItsBoundEvenlySpreadWithTheNewestDense) {
  const std::size_t bound = 200 * History::bytes_of(*matrix(0));
  History history(1, bound);
  for (std::int64_t i = 0; i < 20'000; ++i) {
    history.append(0, matrix(7 * i));
    ASSERT_LE(history.bytes(), bound);
    if (i % 97 != 0 && i > 1000) continue;
    ASSERT_EQ(history.bytes(), counted_bytes(history));
    const std::vector<std::int64_t> steps = steps_of(history, 0);
    ASSERT_EQ(steps.front(), 0);
    ASSERT_EQ(steps.back(), 7 * i);
    ASSERT_TRUE(std::is_sorted(steps.begin(), steps.end()));
    for (const std::int64_t step : steps) ASSERT_EQ(step % 7, 0) << "a step that was never recorded";
    if (i < 200) {
      ASSERT_EQ(steps.size(), static_cast<std::size_t>(i + 1)) << "there was room for all";
      continue;
    }
    ASSERT_GE(steps.size(), 70u) << "the room is used";
    for (std::size_t k = steps.size() - 15; k < steps.size(); ++k) ASSERT_EQ(steps[k] - steps[k - 1], 7) << i;
    // No stretch of the run is without frames: a hundred even ones would lie (7 i / 100) apart.
    std::int64_t widest = 0;
    for (std::size_t k = 1; k < steps.size(); ++k) widest = std::max(widest, steps[k] - steps[k - 1]);
    ASSERT_LE(widest, 7 * i / 25 + 7) << i;
  }
}

TEST(History, MetricsOfDifferentIntervalsEndUpEquallyFarApart) {
  // Every step, every 10, every 250; small, large, small.
  const std::size_t bound = 300 * History::bytes_of(*matrix(0, 8));
  History history(3, bound);
  for (std::int64_t step = 0; step < 50'000; ++step) {
    history.append(0, matrix(step, 2));
    if (step % 10 == 0) history.append(1, matrix(step, 16));
    if (step % 250 == 0) history.append(2, matrix(step, 2));
    ASSERT_LE(history.bytes(), bound);
  }
  std::vector<double> spacing;  // over the older half of the run
  for (std::size_t metric = 0; metric < 3; ++metric) {
    EXPECT_EQ(history.frame(metric, 0)->step, 0);
    const std::vector<std::int64_t> steps = steps_of(history, metric);
    const auto half = std::count_if(steps.begin(), steps.end(), [](std::int64_t step) { return step < 25'000; });
    ASSERT_GT(half, 4);
    spacing.push_back(25'000.0 / static_cast<double>(half));
  }
  EXPECT_EQ(history.frame(0, history.size(0) - 1)->step, 49'999);
  EXPECT_LE(*std::max_element(spacing.begin(), spacing.end()), 4 * *std::min_element(spacing.begin(), spacing.end()));
}

TEST(History, WhatIsMeasuredTogetherIsKeptTogether) {
  History history(4, 500 * History::bytes_of(*matrix(0)));
  for (std::int64_t step = 0; step < 30'000; step += 10) {
    for (std::size_t metric = 0; metric < 4; ++metric) history.append(metric, matrix(step));
  }
  for (std::size_t metric = 1; metric < 4; ++metric) EXPECT_EQ(steps_of(history, metric), steps_of(history, 0));
}

TEST(History, ABoundTooSmallForTheFirstAndTheNewest) {
  const std::size_t frame = History::bytes_of(*matrix(0));
  for (const std::size_t bound : {std::size_t{0}, frame - 1, frame, 2 * frame, 3 * frame, 5 * frame}) {
    History history(2, bound);
    for (std::int64_t step = 0; step < 300; ++step) {
      for (const std::size_t metric : {0, 1}) {
        history.append(metric, matrix(step));
        ASSERT_LE(history.bytes(), bound);
        ASSERT_EQ(history.bytes(), counted_bytes(history));
      }
    }
    EXPECT_GE(history.size(0) + history.size(1), bound / frame / 2) << bound;
  }
}

TEST(History, RandomRunsWithRestores) {
  std::mt19937 random(11);
  const auto upto = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (int round = 0; round < 40; ++round) {
    const std::size_t bound = History::bytes_of(*matrix(0)) * static_cast<std::size_t>(6 + upto(300));
    History history(3, bound);
    std::vector<std::set<std::int64_t>> recorded(3);
    std::int64_t step = 0;
    const int every[] = {1 + upto(9), 1 + upto(40), 1 + upto(3)};
    for (int part = 0; part < 4; ++part) {
      for (const std::int64_t end = step + upto(900); step < end; ++step) {
        for (std::size_t metric = 0; metric < 3; ++metric) {
          if (step % every[metric] != 0) continue;
          history.append(metric, matrix(step, 1 + static_cast<int>(metric)));
          recorded[metric].insert(step);
        }
        ASSERT_LE(history.bytes(), bound);
      }
      const std::int64_t back = std::max<std::int64_t>(0, step - upto(700));
      const History copy = history;
      std::vector<std::vector<std::int64_t>> was;
      for (std::size_t metric = 0; metric < 3; ++metric) was.push_back(steps_of(copy, metric));
      history.cut(back);
      ASSERT_EQ(history.bytes(), counted_bytes(history));
      for (std::size_t metric = 0; metric < 3; ++metric) {
        ASSERT_EQ(steps_of(copy, metric), was[metric]) << "a copy doesn't change";
        std::vector<std::int64_t> kept = was[metric];
        std::erase_if(kept, [&](std::int64_t at) { return at >= back; });
        ASSERT_EQ(steps_of(history, metric), kept);
        for (const std::int64_t at : kept) ASSERT_TRUE(recorded[metric].contains(at));
        std::erase_if(recorded[metric], [&](std::int64_t at) { return at >= back; });
      }
      step = back;
    }
  }
}

TEST(History, CopiesShareTheirFrames) {
  History history(1);
  for (std::int64_t step = 0; step < 10'000; ++step) history.append(0, matrix(step));
  const History copy = history;
  // Of what was sealed not even a pointer was copied.
  EXPECT_LT(history.frame(0, 100).use_count(), 3);
  EXPECT_EQ(history.frame(0, 100), copy.frame(0, 100));
}

// --- in a session ---

using HistoryOfASession = SessionTest;

bool same_but_nan(const Matrix& a, const Matrix& b) {
  const auto equal = [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return a.step == b.step && a.rows == b.rows &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(), equal);
}

// Every moment of a run is what a run that was stopped there shows: series, matrices, parameters.
TEST_F(HistoryOfASession, AMomentIsTheRunAsItWasThen) {
  Preset run = preset(60);
  run.schedule = {{4, "model.router.temperature", 4.0, 10},
                  {9, "model.router.temperature", 0.25, 20},  // a ramp that another one ends
                  {9, "task.batch", std::int64_t{7}, 0},
                  {17, "model.layer2.router.temperature", 9.0, 6},
                  {30, "model.router.jitter", true, 0},
                  {44, "model.router.jitter_std", 0.75, 3}};
  start();
  must(command::Load{run});
  std::vector<std::shared_ptr<const Snapshot>> stopped;
  stopped.push_back(session->snapshot());
  for (int step = 0; step < 60; ++step) {
    if (step == 23) must(command::Set{"model.router.temperature", 2.5});
    must(command::Step{1});
    const auto done = [&](const Snapshot& s) { return s.step == step + 1 && s.state != State::running; };
    ASSERT_TRUE(session->wait(done, long_enough));
    stopped.push_back(session->snapshot());
  }
  const std::shared_ptr<const Snapshot> end = session->snapshot();
  const std::vector<Script::Step> steps = script->steps();
  for (std::int64_t step = 0; step < 60; ++step) {
    const Snapshot then = at(*end, step);
    const Snapshot& was = *stopped[static_cast<std::size_t>(step) + 1];
    EXPECT_EQ(then.step, was.step);
    for (const std::size_t metric : {0, 1}) EXPECT_EQ(points(then, metric), points(was, metric)) << step;
    ASSERT_TRUE(then.matrices[2]) << step;
    EXPECT_TRUE(same_but_nan(*then.matrices[2], *was.matrices[2])) << step;
    EXPECT_EQ(*then.parameters, steps[static_cast<std::size_t>(step)].parameters) << step;
    EXPECT_EQ(then.run, end->run);
    EXPECT_EQ(then.state, end->state);
    EXPECT_EQ(then.timeline, end->timeline);
  }
  EXPECT_EQ(at(*end, 60).step, 60);
  EXPECT_EQ(at(*end, 1000).matrices, end->matrices);
  EXPECT_EQ(at(*end, -1).step, 60);
}

TEST_F(HistoryOfASession, BeforeTheFirstFrameThereIsNoMatrix) {
  Snapshot now;
  now.step = 50;
  History kept(1);
  kept.append(0, matrix(20));
  kept.append(0, matrix(40));
  now.history = std::make_shared<const History>(kept);
  now.matrices = {kept.frame(0, 1)};
  EXPECT_EQ(at(now, 19).matrices[0], nullptr);
  EXPECT_EQ(at(now, 20).matrices[0]->step, 20);
  EXPECT_EQ(at(now, 39).matrices[0]->step, 20);
  EXPECT_EQ(at(now, 40).matrices[0]->step, 40);
  now.history = nullptr;
  EXPECT_EQ(at(now, 39).matrices[0], nullptr);
  EXPECT_EQ(at(now, 45).matrices[0]->step, 40);
}

TEST_F(HistoryOfASession, IsEmptyAfterABuildAndCutByARestore) {
  const Folder folder;
  start();
  must(command::Load{preset(40)});
  must(command::Step{12});
  reach(State::paused);
  must(command::SaveCheckpoint{folder.path() / "here"});
  must(command::Step{20});
  session->wait([](const Snapshot& s) { return s.step == 32 && s.state == State::paused; }, long_enough);
  const auto later = session->snapshot();
  EXPECT_EQ(steps_of(*later->history, 2), (std::vector<std::int64_t>{0, 5, 10, 15, 20, 25, 30}));
  must(command::RestoreCheckpoint{folder.path() / "here"});
  const auto back = session->snapshot();
  EXPECT_EQ(steps_of(*back->history, 2), (std::vector<std::int64_t>{0, 5, 10}));
  ASSERT_TRUE(back->matrices[2]) << "the newest before the checkpoint is shown again";
  EXPECT_EQ(back->matrices[2]->step, 10);
  EXPECT_EQ(steps_of(*later->history, 2).size(), 7u) << "what was published doesn't change";
  must(command::Step{5});
  session->wait([](const Snapshot& s) { return s.step == 17 && s.state == State::paused; }, long_enough);
  EXPECT_EQ(steps_of(*session->snapshot()->history, 2), (std::vector<std::int64_t>{0, 5, 10, 15}));
  must(command::Reset{});
  EXPECT_EQ(session->snapshot()->history->size(2), 0u);
}

TEST_F(HistoryOfASession, CanBeOff) {
  options.history_bytes = 0;
  start();
  must(command::Load{preset(20)});
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->history, nullptr);
}

// Read while the run goes on and thins it: for ThreadSanitizer. The worker waits for the reader now and then, so that
// neither is done before the other has begun.
TEST_F(HistoryOfASession, IsReadWhileItGrows) {
  options.history_bytes = 12 * History::bytes_of(*matrix(0, 2));
  options.publish_every = std::chrono::milliseconds(0);
  std::atomic<std::int64_t> read_at = 0;
  std::atomic<bool> over = false;
  script->on_step = [&](std::int64_t step) {
    while (step % 100 == 99 && read_at < step && !over) std::this_thread::yield();
  };
  start();
  must(command::Load{preset(2000)});
  must(command::Play{});
  int looks = 0;
  while (session->snapshot()->state == State::running && !HasFailure()) {
    const auto now = session->snapshot();
    if (now->step <= read_at) continue;
    const Snapshot then = at(*now, now->step / 2);
    EXPECT_LE(now->history->bytes(), options.history_bytes);
    EXPECT_TRUE(then.matrices[2]);
    if (!then.matrices[2]) break;
    EXPECT_LE(then.matrices[2]->step, now->step / 2);
    EXPECT_EQ(then.matrices[2]->at(0, 0), static_cast<float>(then.matrices[2]->step));
    read_at = now->step;
    ++looks;
  }
  over = true;
  EXPECT_GE(looks, 19);
  EXPECT_EQ(reach(State::finished)->history->before(1'000'000), 1999);
}

// A look back at a long run copies what lies before the moment by its blocks, not by its points.
TEST(Moment, OfAMillionPoints) {
  Snapshot now;
  now.step = 1'000'000;
  now.series.resize(1);
  for (std::int64_t step = 0; step < now.step; ++step) now.series[0].append({step, 0.5 * static_cast<double>(step)});
  for (const std::int64_t step : {0, 1, 1022, 1023, 1024, 1025, 499'999, 999'998, 999'999}) {
    const Snapshot then = at(now, step);
    ASSERT_EQ(then.series[0].size(), static_cast<std::size_t>(step) + 1);
    EXPECT_EQ(then.series[0][then.series[0].size() - 1].step, step);
    if (step > 5000) {
      EXPECT_EQ(&then.series[0][5000], &now.series[0][5000]) << "the very same block";
    }
  }
  EXPECT_EQ(now.series[0].size(), 1'000'000u);
}

}  // namespace
}  // namespace tessera::test
