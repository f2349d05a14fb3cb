// Runs that were forked in a window, recorded.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "app/commands/recording.h"
#include "core/experiment.h"

namespace tessera::commands {
namespace {

namespace fs = std::filesystem;

class WindowForkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tessera-recording-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path folder;
  const Preset preset{experiment_parameters()};
};

TEST_F(WindowForkTest, AForkSaysWhereItComesFrom) {
  WindowRecorder parent(folder / "run");
  EXPECT_EQ(parent.folder(), "") << "nothing is recorded yet";
  parent.started(preset, {});
  EXPECT_EQ(parent.folder(), folder / "run");

  const Parent origin{parent.folder(), "specialize/x", 1, 7, {{"model.router.temperature", 1.0, 0.25}}};
  WindowRecorder child(folder / "run", RunRecorder::Existing::beside, origin);
  child.started(preset, {});
  EXPECT_EQ(child.folder(), folder / "run-2");
  const auto read = recorded_parent(child.folder(), experiment_parameters());
  ASSERT_TRUE(read);
  ASSERT_TRUE(read.value->has_value());
  EXPECT_EQ((*read.value)->folder, "../run");
  EXPECT_EQ((*read.value)->step, 7);
  EXPECT_EQ((*read.value)->changes, origin.changes);

  child.started(preset, {});  // it was reset: another run, which is no fork
  EXPECT_EQ(child.folder(), folder / "run-3");
  EXPECT_FALSE(fs::exists(folder / "run-3" / "parent.json"));
}

TEST_F(WindowForkTest, OfARunThatIsNotRecorded) {
  WindowRecorder child(folder / "run", RunRecorder::Existing::beside, Parent{{}, "specialize/x", 1, 0, {}});
  child.started(preset, {});
  const auto read = recorded_parent(child.folder(), experiment_parameters());
  ASSERT_TRUE(read) << read.problems[0].text();
  EXPECT_EQ((*read.value)->folder, "");
}

}  // namespace
}  // namespace tessera::commands
