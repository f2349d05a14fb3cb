// The text of the progress line.
#include "app/commands/progress.h"

#include <gtest/gtest.h>

namespace tessera::commands {
namespace {

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
