// When frames are due, with a clock of the test's own.
#include "app/window/pacer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tessera {
namespace {

constexpr Pacer::Limits limits{.share = 0.1, .fastest = 0.1, .slowest = 0.5};

// A pacer that has drawn its first frames at `now`, each taking `cost`.
Pacer settled(double now, double cost) {
  Pacer pacer(limits);
  for (int i = 0; i < 50; ++i) pacer.drew(now, now + cost);
  return pacer;
}

// Frames drawn in one second when data arrives every 10 ms.
int frames_for_data(double cost) {
  Pacer pacer = settled(0, cost);
  int frames = 0;
  for (double now = 1; now < 2; now += 0.01) {
    pacer.data(now);
    if (pacer.wait(now) > 0) continue;
    pacer.drew(now, now + cost);
    ++frames;
  }
  return frames;
}

TEST(Pacer, DrawsTheFirstFramesAtOnceThenSleeps) {
  Pacer pacer(limits);
  EXPECT_EQ(pacer.wait(0), 0);
  pacer.drew(0, 0.01);
  pacer.drew(0.01, 0.02);
  pacer.drew(0.02, 0.03);
  EXPECT_TRUE(std::isinf(pacer.wait(0.03)));
}

TEST(Pacer, DrawsAtOnceForThePersonHoweverMuchItCosts) {
  Pacer pacer = settled(0, 0.2);
  pacer.input(5);
  EXPECT_EQ(pacer.wait(5), 0);
  for (int i = 0; i < 3; ++i) pacer.drew(5 + 0.2 * i, 5.2 + 0.2 * i);
  // Once more for tooltips that appear after the pointer has rested, then not any more.
  const double wait = pacer.wait(5.0);
  EXPECT_GT(wait, 0.3);
  EXPECT_LT(wait, 1.0);
  pacer.drew(5 + wait, 5.2 + wait);
  EXPECT_TRUE(std::isinf(pacer.wait(6)));
}

TEST(Pacer, FramesForDataTakeAtMostTheirShareOfTheTime) {
  EXPECT_LE(frames_for_data(0.001), 10);  // not faster than `fastest`
  EXPECT_GE(frames_for_data(0.001), 9);
  const int at_20_ms = frames_for_data(0.020);  // 10 % of the time: 5 frames
  EXPECT_LE(at_20_ms, 5);
  EXPECT_GE(at_20_ms, 4);
  EXPECT_GE(frames_for_data(0.3), 2);  // but never rarer than `slowest`
}

TEST(Pacer, AChangeOfStateDoesNotWait) {
  Pacer pacer = settled(10, 0.04);
  pacer.data(10.05);
  EXPECT_GT(pacer.wait(10.05), 0.2);
  pacer.urgent(10.05);
  EXPECT_EQ(pacer.wait(10.05), 0);
}

TEST(Pacer, ATextCursorBlinks) {
  Pacer pacer = settled(0, 0.01);
  pacer.blinking(1);
  EXPECT_GT(pacer.wait(1), 0.2);
  EXPECT_LT(pacer.wait(1), 1.0);
  EXPECT_EQ(pacer.wait(2), 0);
}

}  // namespace
}  // namespace tessera
