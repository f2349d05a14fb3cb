// What a run's folder holds when its program is killed at a bad moment: after an end that was none, after changes in a
// pause, between two files, after a restore. A killed program is played by a copy of the folder.
#include <algorithm>

#include "core/lab/checkpoints.h"
#include "core/lab/recorded_run.h"
#include "core/lab/recorder.h"
#include "core/lab/resume.h"
#include "core/lab/row_text.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* temperature = "model.router.temperature";

class CutOffTest : public SessionTest {
 protected:
  Folder folder;
  const fs::path run = folder / "run", killed = folder / "killed";

  void record(RunRecorder::Existing existing = RunRecorder::Existing::refuse, RunRecorder::Checkpoints wanted = {}) {
    options.observer = std::make_shared<RunRecorder>(run, existing, wanted);
    start();
  }
  void close() {
    session.reset();
    options.observer.reset();
  }
  void step_to(std::int64_t step) {
    must(command::Step{static_cast<int>(step - session->snapshot()->step)});
    EXPECT_TRUE(
        session->wait([=](const Snapshot& s) { return s.step == step && s.state != State::running; }, long_enough));
  }
  void kill_here() {
    fs::remove_all(killed);
    fs::copy(run, killed, fs::copy_options::recursive);
  }
  // Of a run of `steps` steps that nothing disturbed, in its whole length.
  std::string undisturbed(std::int64_t steps, std::vector<Intervention> schedule) {
    const auto observer = std::exchange(options.observer, nullptr);
    const auto other = std::move(session);
    start();
    Preset made = preset(steps);
    made.schedule = std::move(schedule);
    must(command::Load{made});
    must(command::Play{});
    std::string all = scalars_csv(*reach(State::finished));
    session.reset();
    return all;
  }
};

TEST_F(CutOffTest, ARunThatGoesOnAfterItsEndHasNotEnded) {
  record();
  must(command::Load{preset(5)});
  must(command::Play{});
  reach(State::finished);
  EXPECT_TRUE(recorded_whole(run, table()));
  must(command::Set{"run.steps", std::int64_t{9}, false});
  EXPECT_EQ(recorded_state(run), State::finished) << "so far it has";
  EXPECT_FALSE(recorded_whole(run, table())) << "more is planned";
  step_to(6);
  EXPECT_FALSE(recorded_state(run));
  kill_here();
  must(command::Play{});
  reach(State::finished);
  EXPECT_EQ(recorded_state(run), State::finished);
  close();

  const auto todo = continuation(killed, table());
  ASSERT_TRUE(todo);
  EXPECT_FALSE(todo.value->checkpoint);
  EXPECT_EQ(todo.value->preset.schedule, (std::vector<Intervention>{{5, "run.steps", std::int64_t{9}, 0}}));
}

TEST_F(CutOffTest, WhatIsChangedInAPauseIsWrittenInThePause) {
  record();
  must(command::Load{preset(20)});
  must(command::Set{"task.batch", std::int64_t{3}, false});
  const auto recorded = [&] { return *recorded_timeline(run, preset(20)).value; };
  const Intervention first{0, "task.batch", std::int64_t{3}, 0}, second{4, temperature, 0.25, 0},
      third{9, temperature, 2.0, 3};
  EXPECT_EQ(recorded(), (std::vector<Intervention>{first}));
  step_to(4);
  must(command::Set{temperature, 0.25, false});
  EXPECT_EQ(recorded(), (std::vector<Intervention>{first, second}));
  must(command::Schedule{{third}});
  EXPECT_EQ(recorded(), (std::vector<Intervention>{first, second, third}));
}

// What is resumed from a checkpoint has its later changes in timeline.json alone until they are planned again.
TEST_F(CutOffTest, ARestoreAloneForgetsNoPlans) {
  RunRecorder::Checkpoints each;
  each.steps = 4;
  record(RunRecorder::Existing::refuse, each);
  Preset made = preset(20);
  must(command::Load{made});
  step_to(6);
  must(command::Schedule{{{9, temperature, 2.0, 0}}});
  close();
  const std::string planned = read_text(run / "timeline.json");

  const auto todo = continuation(run, table());
  ASSERT_TRUE(todo && todo.value->checkpoint);
  record(RunRecorder::Existing::resume);
  must(command::Load{todo.value->preset});
  must(command::RestoreCheckpoint{*todo.value->checkpoint});
  EXPECT_EQ(read_text(run / "timeline.json"), planned);
  must(command::Schedule{todo.value->to_come});
  EXPECT_EQ(read_text(run / "timeline.json"), planned);
}

TEST_F(CutOffTest, RowsNeverComeBeforeTheTimelineThatTheyCameFrom) {
  record();
  must(command::Load{preset(20)});
  step_to(4);
  auto& recorder = static_cast<RunRecorder&>(*options.observer);
  const MetricSpec loss = session->snapshot()->description->metrics[FakeEngine::loss_total];
  session.reset();
  const std::string rows = read_text(run / "scalars.csv");
  // A folder in the place of timeline.json: it can't be replaced, and all that comes after it is not written.
  fs::remove(run / "timeline.json");
  fs::create_directory(run / "timeline.json");
  recorder.changed({4, temperature, 0.25, 0});
  recorder.scalar(4, loss, 0.5);
  EXPECT_ANY_THROW({
    recorder.stepped(5, 0.1, 0);
    recorder.paused();
  });
  EXPECT_EQ(read_text(run / "scalars.csv"), rows);
  fs::remove(run / "timeline.json");
  recorder.paused();
  EXPECT_EQ(read_text(run / "scalars.csv"), rows + "4,loss/total,0.5\n");
  EXPECT_EQ(recorded_timeline(run, preset(20)).value->size(), 1u);
}

TEST_F(CutOffTest, ACheckpointFromElsewhereIsNotTakenForTheRunsOwn) {
  RunRecorder::Checkpoints at_rest;
  at_rest.at_rest = true;
  record(RunRecorder::Existing::refuse, at_rest);
  must(command::Load{preset(20)});
  step_to(6);
  const fs::path elsewhere = folder / "elsewhere.ckpt";
  must(command::SaveCheckpoint{elsewhere});
  must(command::RestoreCheckpoint{elsewhere});
  close();
  EXPECT_TRUE(fs::exists(checkpoint_file(run, 6))) << "at rest the run has one of its own";

  record(RunRecorder::Existing::resume, at_rest);
  must(command::Load{preset(20)});
  must(command::RestoreCheckpoint{checkpoint_file(run, 6)});
  const auto before = fs::last_write_time(checkpoint_file(run, 6));
  close();
  EXPECT_EQ(fs::last_write_time(checkpoint_file(run, 6)), before) << "and needs no second";
}

TEST_F(CutOffTest, ARunThatGoesOnFromAnotherHasACheckpointAtOnce) {
  start();
  must(command::Load{preset(20)});
  step_to(6);
  std::shared_ptr<const Checkpoint> checkpoint;
  std::shared_ptr<const Snapshot> past;
  must(command::TakeCheckpoint{[&](auto made, auto snapshot) {
    checkpoint = std::move(made);
    past = std::move(snapshot);
  }});
  session.reset();
  Preset child = preset(20);
  child.schedule = {{6, temperature, 2.0, 0}, {15, temperature, 0.5, 0}};
  record();
  must(command::Continue{child, checkpoint, past});
  kill_here();
  close();

  const auto todo = continuation(killed, table());
  ASSERT_TRUE(todo);
  ASSERT_TRUE(todo.value->checkpoint);
  EXPECT_EQ(*todo.value->checkpoint, checkpoint_file(killed, 6));
  options.observer = std::make_shared<RunRecorder>(killed, RunRecorder::Existing::resume);
  start();
  must(command::Load{todo.value->preset});
  must(command::RestoreCheckpoint{*todo.value->checkpoint});
  must(command::Schedule{todo.value->to_come});
  must(command::Play{});
  reach(State::finished);
  close();
  EXPECT_EQ(read_text(killed / "scalars.csv"), undisturbed(20, child.schedule));
}

TEST_F(CutOffTest, AfterARestoreThatCouldNotBeWrittenTheRecordIsWholeInTheEnd) {
  options.unwritable = Session::Options::Unwritable::pause;
  record();
  must(command::Load{preset(2000)});
  step_to(7);
  must(command::SaveCheckpoint{});
  {
    const FileSizeLimit limit(5000);
    must(command::Play{});
    EXPECT_GT(reach(State::paused)->step, 7);
    must(command::RestoreCheckpoint{checkpoint_file(run, 7)});
    EXPECT_EQ(session->snapshot()->state, State::paused);
    EXPECT_EQ(session->snapshot()->step, 7);
    const std::vector<std::string> said = errors();
    EXPECT_EQ(said.size(), 2u);
    EXPECT_NE(said.back().find("free some space and press play"), std::string::npos) << said.back();
  }
  must(command::Play{});
  reach(State::finished);
  close();
  EXPECT_EQ(read_text(run / "scalars.csv"), undisturbed(2000, {}));
  const auto frames = read_text(run / "matrices/overlap-layer0.ndjson");
  EXPECT_EQ(std::count(frames.begin(), frames.end(), '\n'), 1 + 400 + 1) << "a header, each fifth, and the last";
}

}  // namespace
}  // namespace tessera::test
