// The text of the progress line.
#include "app/commands/progress.h"

#include <gtest/gtest.h>

#include <limits>

namespace tessera::commands {
namespace {

TEST(Progress, NumbersHaveCommas) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(-1), "-1");
  EXPECT_EQ(with_commas(-123), "-123");
  EXPECT_EQ(with_commas(-1234), "-1,234");
}

TEST(Progress, DurationsAreRounded) {
  EXPECT_EQ(duration(0.2), "1 s");
  EXPECT_EQ(duration(59), "59 s");
  EXPECT_EQ(duration(59.5), "1 min 0 s");
  EXPECT_EQ(duration(3599), "59 min 59 s");
  EXPECT_EQ(duration(3600), "1 h 0 min");
  EXPECT_EQ(duration(7 * 3600 + 300), "7 h 5 min");
  EXPECT_EQ(duration(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(duration(std::numeric_limits<double>::quiet_NaN()), "?");
}

TEST(Progress, SaysWhatIsKnown) {
  Snapshot snapshot;
  EXPECT_EQ(progress_text(snapshot), "building the experiment");
  snapshot.state = State::running;
  snapshot.step = 1240;
  snapshot.steps = 3000;
  EXPECT_EQ(progress_text(snapshot), "step 1,240 / 3,000");
  snapshot.steps_per_s = 212.4;
  snapshot.seconds_left = 8.2;
  EXPECT_EQ(progress_text(snapshot), "step 1,240 / 3,000   212 steps/s   9 s left");
  snapshot.steps_per_s = 1.26;
  snapshot.seconds_left = 0;
  EXPECT_EQ(progress_text(snapshot), "step 1,240 / 3,000   1.3 steps/s");
}

}  // namespace
}  // namespace tessera::commands
