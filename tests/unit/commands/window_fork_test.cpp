// Runs that were forked in a window, recorded.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "app/commands/recording.h"
#include "core/experiment.h"
#include "core/lab/checkpoints.h"
#include "core/lab/recorded_run.h"
#include "core/lab/row_text.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

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

  const Parent origin{parent.folder(), "specialize/x", 1, 0, {{"model.router.temperature", 1.0, 0.25}}};
  WindowRecorder child(folder / "run", RunRecorder::Existing::beside, RecordedPast{origin});
  child.started(preset, {});
  EXPECT_EQ(child.folder(), folder / "run-2");
  const auto read = recorded_parent(child.folder(), experiment_parameters());
  ASSERT_TRUE(read);
  ASSERT_TRUE(read.value->has_value());
  EXPECT_EQ((*read.value)->folder, "../run");
  EXPECT_EQ((*read.value)->step, 0);
  EXPECT_EQ((*read.value)->changes, origin.changes);

  child.started(preset, {});  // it was reset: another run, which is no fork
  EXPECT_EQ(child.folder(), folder / "run-3");
  EXPECT_FALSE(fs::exists(folder / "run-3" / "parent.json"));
}

TEST_F(WindowForkTest, OfARunThatIsNotRecorded) {
  WindowRecorder child(folder / "run", RunRecorder::Existing::beside,
                       RecordedPast{Parent{{}, "specialize/x", 1, 0, {}}});
  child.started(preset, {});
  const auto read = recorded_parent(child.folder(), experiment_parameters());
  ASSERT_TRUE(read) << read.problems[0].text();
  EXPECT_EQ((*read.value)->folder, "");
}

using namespace tessera::test;
constexpr const char* temperature = "model.router.temperature";

// The whole way, with a fake engine: the parent's session hands over a checkpoint, and the child's goes on from there.
class ForkedInWindowTest : public SessionTest {
 protected:
  Folder folder;
  std::unique_ptr<Session> parent;
  std::shared_ptr<WindowRecorder> parent_recorder;
  std::shared_ptr<const Checkpoint> checkpoint;
  std::shared_ptr<const Snapshot> past;

  static Preset plan(std::int64_t steps) {
    Preset made = preset(steps);
    made.schedule = {{12, temperature, 3.0, 30}};
    return made;
  }
  void begin_parent(bool recorded, std::int64_t steps) {
    if (recorded) parent_recorder = std::make_shared<WindowRecorder>(folder / "run");
    options.observer = parent_recorder;
    start();
    must(command::Load{plan(steps)});
  }
  void step_to(std::int64_t step) {
    must(command::Step{static_cast<int>(step - session->snapshot()->step)});
    EXPECT_TRUE(
        session->wait([=](const Snapshot& s) { return s.step == step && s.state == State::paused; }, long_enough));
  }
  void take() {
    must(command::TakeCheckpoint{[this](auto made, auto snapshot) {
      if (parent_recorder) {
        EXPECT_EQ(read_text(parent_recorder->folder() / "scalars.csv"), scalars_csv(*snapshot))
            << "all is written when it is handed over";
      }
      checkpoint = std::move(made);
      past = std::move(snapshot);
    }});
    parent = std::move(session);
  }
  // Another session goes on from the checkpoint, with another temperature.
  Outcome go_on() { return go_on(checkpoint->step); }
  Outcome go_on(std::int64_t step) {
    auto fork = fork_of(*past->preset, *past->timeline, step, {{temperature, 0.25}});
    EXPECT_TRUE(fork);
    const Parent origin{parent_recorder ? parent_recorder->folder() : fs::path(), past->preset->name, 1, step,
                        fork.value->changes};
    options.observer = std::make_shared<WindowRecorder>(folder / "child", RunRecorder::Existing::beside,
                                                        RecordedPast{origin, checkpoint->step});
    start();
    return act(command::Continue{fork.value->preset, checkpoint, past});
  }
  void finish() {
    must(command::Play{});
    reach(State::finished);
    session.reset();
    options.observer.reset();
  }
  static std::string figures(const fs::path& run) {
    return read_text(run / "scalars.csv") + read_text(run / "matrices/overlap-layer0.ndjson");
  }
  // As `lab replay` does it.
  std::string replayed(const fs::path& run) {
    Preset again = *recorded_preset(run, table()).value;
    again.schedule = *recorded_timeline(run, again).value;
    const fs::path out = folder / "again";
    options.observer = std::make_shared<RunRecorder>(out);
    start();
    must(command::Load{again});
    finish();
    return figures(out);
  }
};

TEST_F(ForkedInWindowTest, TheForkOfAPausedRunReplays) {
  begin_parent(true, 60);
  step_to(7);
  must(command::Set{temperature, 2.0, false});
  step_to(23);
  take();
  const Outcome outcome = go_on();
  ASSERT_TRUE(outcome.accepted) << outcome.text;
  EXPECT_EQ(figures(folder / "child"), figures(folder / "run")) << "so far it is the parent";
  EXPECT_EQ(read_checkpoint(checkpoint_file(folder / "child", 23), table()).step, 23);
  finish();
  EXPECT_EQ((*recorded_parent(folder / "child", table()).value)->folder, "../run");
  EXPECT_EQ(figures(folder / "child"), replayed(folder / "child"));
}

TEST_F(ForkedInWindowTest, TheForkOfARunThatGoesOnReplays) {
  script->on_step = [](std::int64_t) { std::this_thread::sleep_for(std::chrono::microseconds(200)); };
  begin_parent(true, 100'000);
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step > 50; }, long_enough));
  must(command::Set{temperature, 2.0, false});
  must(command::Set{"run.steps", session->snapshot()->step + 300, false});
  take();
  ASSERT_GT(checkpoint->step, 50);
  const Outcome outcome = go_on();
  ASSERT_TRUE(outcome.accepted) << outcome.text;
  finish();
  EXPECT_TRUE(parent->wait([](const Snapshot& s) { return s.state == State::finished; }, long_enough));
  parent.reset();
  EXPECT_EQ(figures(folder / "child"), replayed(folder / "child"));
  fs::remove_all(folder / "again");
  EXPECT_EQ(figures(folder / "run"), replayed(folder / "run"));
}

TEST_F(ForkedInWindowTest, TheForkOfARunThatIsNotRecordedReplays) {
  begin_parent(false, 60);
  step_to(23);
  take();
  const Outcome outcome = go_on();
  ASSERT_TRUE(outcome.accepted) << outcome.text;
  finish();
  EXPECT_EQ(figures(folder / "child"), replayed(folder / "child"));
}

TEST_F(ForkedInWindowTest, TheForkFromAMomentAfterTheCheckpointReplays) {
  begin_parent(true, 60);
  step_to(23);
  take();
  session = std::move(parent);
  step_to(30);
  must(command::Set{temperature, 2.0, false});
  step_to(45);
  past = session->snapshot();
  parent = std::move(session);
  const std::string before = figures(folder / "run");
  const Outcome outcome = go_on(35);
  ASSERT_TRUE(outcome.accepted) << outcome.text;
  EXPECT_EQ(session->snapshot()->step, 23);
  EXPECT_EQ(session->snapshot()->series[0].size(), past->series[0].size() * 23 / 45);
  finish();
  EXPECT_EQ((*recorded_parent(folder / "child", table()).value)->step, 35);
  EXPECT_EQ(figures(folder / "child"), replayed(folder / "child"));
  EXPECT_EQ(figures(folder / "run"), before) << "the parent's record is only read";
}

TEST_F(ForkedInWindowTest, ARunThatGetsNoFolderLeavesOthersAlone) {
  const fs::path run = folder / std::string(255, 'r');  // there is no room for "-2"
  const auto recorder = std::make_shared<WindowRecorder>(run);
  options.observer = recorder;
  start();
  must(command::Load{plan(5)});
  must(command::Play{});
  reach(State::finished);
  EXPECT_EQ(act(command::Load{preset(7)}).accepted, false) << "the window's next run has a folder beside it";
  session.reset();
  const std::string timeline = read_text(run / "timeline.json"), summary = read_text(run / "summary.json");
  EXPECT_NE(timeline.find(temperature), std::string::npos);
  EXPECT_NE(summary.find("\"finished\""), std::string::npos);

  options.observer = std::make_shared<RunRecorder>(run, RunRecorder::Existing::beside);  // a fork's
  start();
  EXPECT_FALSE(act(command::Load{preset(7)}).accepted);
  session.reset();
  EXPECT_EQ(read_text(run / "timeline.json"), timeline);
  EXPECT_EQ(read_text(run / "summary.json"), summary);
}

TEST_F(ForkedInWindowTest, AParentsFileThatHasNoEndIsRefused) {
  begin_parent(true, 60);
  step_to(23);
  take();
  fs::remove(folder / "run/matrices/overlap-layer0.ndjson");
  fs::create_symlink("/dev/zero", folder / "run/matrices/overlap-layer0.ndjson");
  const Outcome outcome = go_on();
  EXPECT_FALSE(outcome.accepted);
  EXPECT_NE(outcome.text.find("overlap-layer0.ndjson: this is not a file"), std::string::npos) << outcome.text;
  EXPECT_FALSE(fs::exists(folder / "child"));
}

TEST_F(ForkedInWindowTest, WhatCouldNotBeRestoredBeginsAnew) {
  begin_parent(true, 60);
  step_to(23);
  take();
  bool first = true;
  script->on_restore = [&first] {
    if (std::exchange(first, false)) throw std::runtime_error("of another kind");
  };
  EXPECT_FALSE(go_on().accepted);
  EXPECT_EQ(session->snapshot()->step, 0);
  finish();
  EXPECT_EQ(figures(folder / "child"), replayed(folder / "child")) << "nothing of the parent is left in it";
}

TEST_F(ForkedInWindowTest, WhatCouldNotBeRestoredAndIsClosedLeavesNoFolder) {
  begin_parent(true, 60);
  step_to(23);
  take();
  script->on_restore = [] { throw std::runtime_error("of another kind"); };
  EXPECT_FALSE(go_on().accepted);
  session.reset();
  EXPECT_FALSE(fs::exists(folder / "child"));
}

}  // namespace
}  // namespace tessera::commands
