// A disk that fills up pauses a session that is to: nothing is lost, and the record ends up as if it had not happened.
#include "core/lab/checkpoints.h"
#include "core/lab/recorder.h"
#include "core/lab/storage_error.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

// Can't write when it is told to be full.
struct Notes : Observer {
  std::atomic<bool> full = false;
  std::atomic<int> writes = 0;
  std::string full_at;  // only then
  std::vector<std::int64_t> steps;
  int ends = 0;
  bool checkpoints = false;
  fs::path place;

  void write(const char* what) {
    if (full && (full_at.empty() || full_at == what)) throw StorageError("scalars.csv", "No space left on device");
    ++writes;
  }
  void started(const Preset&, const Description&) override { write("started"); }
  void scalar(std::int64_t, const MetricSpec&, double) override { write("scalar"); }
  void matrix(const MetricSpec&, const Matrix&) override {}
  void changed(const Intervention&) override {}
  void restored(std::int64_t, const std::vector<Intervention>&) override { write("restored"); }
  void stepped(std::int64_t done, double, std::uint64_t) override {
    steps.push_back(done);
    write("stepped");
  }
  void paused() override { write("paused"); }
  bool checkpoint_wanted(std::int64_t, bool) override { return checkpoints; }
  fs::path checkpoint_place(std::int64_t) override { return place; }
  void ended(State, const Snapshot&) override {
    write("ended");
    ++ends;
  }
};

class FullDiskTest : public SessionTest {
 protected:
  Folder folder;
  std::shared_ptr<Notes> notes = std::make_shared<Notes>();

  void begin(Session::Options::Unwritable then = Session::Options::Unwritable::pause) {
    if (!options.observer) options.observer = notes;
    options.unwritable = then;
    start();
  }
  std::string only_error() {
    const auto all = errors();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? "" : all[0];
  }
};

TEST_F(FullDiskTest, PausesAndGoesOn) {
  notes->full = true;
  notes->full_at = "stepped";
  begin();
  must(command::Load{preset(5)});
  must(command::Play{});
  EXPECT_EQ(reach(State::paused)->step, 1);
  const std::string said = only_error();
  EXPECT_EQ(said.find("scalars.csv: can't be written: No space left on device"), 0u) << said;
  EXPECT_NE(said.find("free some space and press play"), std::string::npos) << said;

  notes->full_at = "";
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.state == State::paused; }, long_enough));
  EXPECT_EQ(session->snapshot()->step, 1) << "no step before what is missing is written";
  EXPECT_EQ(errors().size(), 1u);

  notes->full = false;
  must(command::Play{});
  reach(State::finished);
  EXPECT_EQ(notes->steps, (std::vector<std::int64_t>{1, 2, 3, 4, 5})) << "each step once";
  EXPECT_EQ(script->steps().size(), 5u);
}

TEST_F(FullDiskTest, AtThePlannedEndToo) {
  notes->full_at = "ended";
  notes->full = true;
  begin();
  must(command::Load{preset(3)});
  must(command::Play{});
  EXPECT_EQ(reach(State::paused)->step, 3);
  notes->full = false;
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->step, 3);
  EXPECT_EQ(notes->ends, 1);
  EXPECT_EQ(script->steps().size(), 3u);
}

TEST_F(FullDiskTest, AtAPause) {
  notes->full_at = "paused";
  notes->full = true;
  begin();
  must(command::Load{preset(9)});
  must(command::Step{2});
  EXPECT_EQ(reach(State::paused)->step, 2);
  EXPECT_NE(only_error().find("can't be written"), std::string::npos);
  notes->full = false;
  must(command::Play{});
  reach(State::finished);
}

TEST_F(FullDiskTest, NoCheckpointIsHandedOverBeforeAllIsWritten) {
  begin();
  must(command::Load{preset(9)});
  must(command::Step{2});
  reach(State::paused);
  notes->full = true;
  int taken = 0;
  const auto take = command::TakeCheckpoint{[&](const auto&, const auto&) { ++taken; }};
  const Outcome outcome = act(take);
  EXPECT_FALSE(outcome.accepted);
  EXPECT_NE(outcome.text.find("No space left"), std::string::npos) << outcome.text;
  EXPECT_EQ(taken, 0);
  EXPECT_EQ(session->snapshot()->state, State::paused);
  notes->full = false;
  must(take);
  EXPECT_EQ(taken, 1);
}

TEST_F(FullDiskTest, ACheckpointThatDoesNotFit) {
  notes->checkpoints = true;
  notes->place = folder / "no such folder" / "3.ckpt";
  begin();
  must(command::Load{preset(9)});
  must(command::Play{});
  EXPECT_EQ(reach(State::paused)->step, 1);
  const std::string said = only_error();
  EXPECT_EQ(said.find(notes->place.string() + ": can't be written: No such file or directory; the run is paused"), 0u)
      << said;
  notes->checkpoints = false;
  must(command::Play{});
  reach(State::finished);
}

TEST_F(FullDiskTest, AtARestore) {
  begin();
  must(command::Load{preset(9)});
  must(command::Step{2});
  reach(State::paused);
  must(command::SaveCheckpoint{folder / "2.ckpt"});
  must(command::Step{3});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 5 && s.state == State::paused; }, long_enough));
  notes->full_at = "restored";
  notes->full = true;
  must(command::RestoreCheckpoint{folder / "2.ckpt"});
  EXPECT_EQ(session->snapshot()->state, State::paused);
  EXPECT_EQ(session->snapshot()->step, 2);
  EXPECT_NE(only_error().find("free some space and press play"), std::string::npos);
  notes->full = false;
  must(command::Play{});
  reach(State::finished);
  EXPECT_EQ(notes->steps, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(FullDiskTest, WithinAStepItFails) {
  notes->full_at = "scalar";
  notes->full = true;
  begin();
  must(command::Load{preset(5)});
  must(command::Play{});
  EXPECT_EQ(reach(State::failed)->failure, "scalars.csv: can't be written: No space left on device");
}

TEST_F(FullDiskTest, OtherwiseItFails) {
  notes->full = true;
  notes->full_at = "stepped";
  begin(Session::Options::Unwritable::fail);
  must(command::Load{preset(5)});
  must(command::Play{});
  EXPECT_EQ(reach(State::failed)->failure, "scalars.csv: can't be written: No space left on device");
}

std::string record_of(const fs::path& run) {
  return read_text(run / "scalars.csv") + read_text(run / "matrices/overlap-layer0.ndjson") +
         read_text(run / "timeline.json");
}

TEST_F(FullDiskTest, TheRecordIsWholeInTheEnd) {
  Preset made = preset(20'000);
  made.schedule = {{700, "model.router.temperature", 2.0, 900}};
  options.observer = std::make_shared<RunRecorder>(folder / "whole");
  begin();
  must(command::Load{made});
  must(command::Play{});
  reach(State::finished);
  session.reset();

  const fs::path run = folder / "run";
  RunRecorder::Checkpoints checkpoints;
  checkpoints.steps = 50;  // each of them writes what is buffered
  options.observer = std::make_shared<RunRecorder>(run, RunRecorder::Existing::refuse, checkpoints);
  begin();
  must(command::Load{made});
  std::int64_t step = 0;
  for (const rlim_t size : {4000, 4000, 9000, 50'000}) {
    {
      const FileSizeLimit limit(size);
      must(command::Play{});
      step = reach(State::paused)->step;
      EXPECT_NE(only_error().find(run.string()), std::string::npos);
    }
    const std::string rows = read_text(run / "scalars.csv");
    EXPECT_EQ(rows.back(), '\n') << "no torn line";
    EXPECT_EQ(read_text(folder / "whole/scalars.csv").find(rows), 0u) << "what is there is how the whole begins";
    EXPECT_LE(rows.size(), size);
  }
  EXPECT_GT(step, 0);
  must(command::Play{});
  reach(State::finished);
  session.reset();
  options.observer.reset();
  EXPECT_EQ(record_of(run), record_of(folder / "whole"));
}

}  // namespace
}  // namespace tessera::test
