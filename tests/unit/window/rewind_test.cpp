// Which moment the window shows, while the run goes on behind it.
#include "app/window/rewind.h"

#include <gtest/gtest.h>

#include "core/lab/history.h"

namespace tessera {
namespace {

// A run with a point every step and a matrix every ten, after so many steps.
std::shared_ptr<const Snapshot> after(std::int64_t steps, std::uint64_t run = 1) {
  auto s = std::make_shared<Snapshot>();
  s->run = run;
  s->version = static_cast<std::uint64_t>(steps);
  s->state = State::running;
  s->step = steps;
  s->steps = 500;
  s->series.resize(2);
  s->matrices.resize(2);
  History history(2);
  for (std::int64_t step = 0; step < steps; ++step) {
    s->series[0].append({step, 1.0 * static_cast<double>(step)});
    if (step % 10 == 0) history.append(1, std::make_shared<const Matrix>(Matrix{step, 1, 1, {0}}));
  }
  if (history.size(1) > 0) s->matrices[1] = history.frame(1, history.size(1) - 1);
  s->history = std::make_shared<const History>(std::move(history));
  return s;
}

TEST(Rewind, ShowsNowUntilSomebodyGoesBack) {
  Rewind rewind;
  EXPECT_FALSE(rewind.possible());
  rewind.follow(after(25));
  EXPECT_TRUE(rewind.possible());
  EXPECT_FALSE(rewind.active());
  EXPECT_EQ(rewind.moment(), -1);
  EXPECT_EQ(&rewind.shown(), &rewind.newest());
}

TEST(Rewind, AMomentStaysWhileTheRunGoesOn) {
  Rewind rewind;
  rewind.follow(after(25));
  rewind.go_to(14);
  for (const std::int64_t steps : {25, 26, 90, 400}) {
    rewind.follow(after(steps));
    EXPECT_EQ(rewind.moment(), 14);
    EXPECT_EQ(rewind.shown().step, 15);
    EXPECT_EQ(rewind.shown().series[0].size(), 15u);
    ASSERT_TRUE(rewind.shown().matrices[1]);
    EXPECT_EQ(rewind.shown().matrices[1]->step, 10);
    EXPECT_EQ(rewind.shown().version, static_cast<std::uint64_t>(steps)) << "what is said of the run is of now";
    EXPECT_EQ(rewind.newest().step, steps);
  }
}

TEST(Rewind, GoesByFramesAndEndsAtNow) {
  Rewind rewind;
  rewind.follow(after(35));  // frames at 0, 10, 20, 30
  std::vector<std::int64_t> way;
  for (int i = 0; i < 5; ++i) {
    rewind.back();
    way.push_back(rewind.moment());
  }
  EXPECT_EQ(way, (std::vector<std::int64_t>{30, 20, 10, 0, 0}));
  rewind.go_to(15);
  rewind.forward();
  EXPECT_EQ(rewind.moment(), 20);
  rewind.go_to(15);
  rewind.back();
  EXPECT_EQ(rewind.moment(), 10);
  for (int i = 0; i < 3; ++i) rewind.forward();
  EXPECT_EQ(rewind.moment(), -1) << "after the newest frame comes now";
  rewind.forward();
  EXPECT_EQ(rewind.moment(), -1);
  rewind.to_first();
  EXPECT_EQ(rewind.moment(), 0);
  rewind.go_to(35);
  EXPECT_FALSE(rewind.active()) << "still to come";
  rewind.follow(after(31));  // the newest frame is that of the last step
  rewind.back();
  EXPECT_EQ(rewind.moment(), 20) << "30 is what now shows";
}

TEST(Rewind, AnotherRunEndsIt) {
  Rewind rewind;
  rewind.follow(after(50));
  rewind.go_to(20);
  rewind.follow(after(50, 2));
  EXPECT_FALSE(rewind.active());
  EXPECT_EQ(rewind.shown().run, 2u);
  rewind.follow(after(0, 3));
  rewind.back();
  rewind.to_first();
  EXPECT_FALSE(rewind.active());
}

}  // namespace
}  // namespace tessera
