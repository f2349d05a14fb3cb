// Folders of runs: the default name, and the runs of a window one after another.
#include "app/commands/recording.h"

#include <regex>

#include "core/lab/checkpoints.h"
#include "core/lab/recorded_run.h"
#include "core/lab/run_folder.h"
#include "core/lab/text.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::commands {
namespace {

namespace fs = std::filesystem;
using namespace tessera::test;

class WindowRecorderTest : public SessionTest {
 protected:
  Folder folder;
  const fs::path out = folder / "out";

  void record(const std::string& slash = "") {
    options.observer = std::make_shared<WindowRecorder>(out.string() + slash);
    start();
  }
  void run_to_the_end() {
    must(command::Play{});
    reach(State::finished);
  }
  static std::string preset_of(const fs::path& run) { return read_text(run / "preset.json"); }
};

TEST_F(WindowRecorderTest, EveryRunHasAFolderOfItsOwn) {
  record();
  EXPECT_FALSE(fs::exists(out));
  must(command::Load{preset(5)});
  run_to_the_end();
  const std::string first = read_text(out / "scalars.csv");
  EXPECT_FALSE(first.empty());

  must(command::Reset{});
  run_to_the_end();
  EXPECT_EQ(read_text(out.string() + "-2/scalars.csv"), first) << "the same seed, the same figures";
  EXPECT_EQ(preset_of(out.string() + "-2"), preset_of(out));

  must(command::Load{preset(7)});
  run_to_the_end();
  session.reset();
  EXPECT_NE(read_text(out.string() + "-3/scalars.csv"), first);
  EXPECT_EQ(read_text(out / "scalars.csv"), first) << "earlier runs are left alone";
  EXPECT_EQ(folder.files(), 3u);
  for (const fs::path& run : {out, fs::path(out.string() + "-2"), fs::path(out.string() + "-3")}) {
    EXPECT_EQ(recorded_state(run), State::finished) << run;
  }
}

TEST_F(WindowRecorderTest, AFolderThatIsTakenIsPassedOver) {
  fs::create_directories(out.string() + "-2");
  write_text(out.string() + "-2/scalars.csv", "mine");
  record();
  must(command::Load{preset(2)});
  must(command::Reset{});
  session.reset();
  EXPECT_EQ(read_text(out.string() + "-2/scalars.csv"), "mine");
  EXPECT_TRUE(holds_run(out.string() + "-3"));
}

TEST_F(WindowRecorderTest, WhatIsClosedOrReplacedBeforeItsEndCanGoOn) {
  record();
  must(command::Load{preset(9)});
  must(command::Step{3});
  reach(State::paused);
  EXPECT_TRUE(saved_checkpoints(out).empty());
  must(command::Reset{});
  EXPECT_EQ(read_checkpoint(checkpoint_file(out, 3), table()).step, 3);
  must(command::Step{5});
  reach(State::paused);
  must(command::Set{"task.batch", std::int64_t{7}, false});
  session.reset();
  const Checkpoint closed = read_checkpoint(checkpoint_file(out.string() + "-2", 5), table());
  EXPECT_EQ(closed.step, 5);
  EXPECT_EQ(closed.parameters.integer("task.batch"), 7);
}

TEST_F(WindowRecorderTest, AFinishedRunNeedsNoCheckpoint) {
  record();
  must(command::Load{preset(3)});
  run_to_the_end();
  session.reset();
  EXPECT_TRUE(saved_checkpoints(out).empty());
}

TEST_F(WindowRecorderTest, ASlashAtTheEndOfTheNameIsNoFolderWithin) {
  record("/");
  must(command::Load{preset(2)});
  must(command::Reset{});
  session.reset();
  EXPECT_TRUE(holds_run(out));
  EXPECT_TRUE(holds_run(out.string() + "-2"));
}

TEST_F(WindowRecorderTest, APresetThatCanNotBeBuiltLeavesNoFolder) {
  record();
  script->on_build = [](const Preset&) { throw InputError({{"task.data.path", "nowhere", "a folder"}}); };
  EXPECT_FALSE(act(command::Load{preset(2)}).accepted);
  session.reset();
  EXPECT_EQ(folder.files(), 0u);
}

TEST(OpenRecorder, SaysWhichOptionIsMeant) {
  Folder folder;
  write_text(folder / "preset.json", "{}");
  try {
    open_recorder("--out", folder.path());
    FAIL() << "a folder with a run";
  } catch (const InputError& error) {
    EXPECT_TRUE(error.problems().at(0).where.starts_with("--out ")) << error.what();
  }
  EXPECT_THROW(open_recorder("--out", ""), InputError);
}

TEST(DefaultRunFolder, HasPresetSeedAndTime) {
  Preset made = preset();
  ASSERT_TRUE(made.parameters.set("run.seed", std::int64_t{42}).empty());
  const std::string name = default_run_folder(made).string();
  EXPECT_TRUE(std::regex_match(name, std::regex("runs/specialize-test-42-\\d{8}-\\d{6}"))) << name;
}

}  // namespace
}  // namespace tessera::commands
