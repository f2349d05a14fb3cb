// A program that is killed while it makes a run's folder: another run can be made there at once, and nothing that
// could be somebody's is ever taken for such a leftover.
#include "core/lab/never_began.h"

#include <algorithm>
#include <iterator>

#include "core/lab/checkpoints.h"
#include "core/lab/recorded_run.h"
#include "core/lab/recorder.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

class NeverBeganTest : public SessionTest {
 protected:
  Folder folder;
  const fs::path run = folder / "run", whole = folder / "whole", parent = folder / "parent";

  // What a fork's folder holds at its start, as a whole.
  void SetUp() override {
    options.observer = std::make_shared<RunRecorder>(parent);
    start();
    must(command::Load{preset(20)});
    must(command::Step{6});
    reach(State::paused);
    must(command::SaveCheckpoint{});
    session.reset();
    options.observer.reset();
    RunRecorder fork(whole);
    fork.begin_with({Parent{parent, "", 1, 6, {}}, 6,
                     std::make_shared<const Checkpoint>(*find_checkpoint(parent, 6, table()).checkpoint)});
    Description description;
    description.metrics.resize(1);
    description.metrics[0].name = "loss/total";
    fork.started(preset(20), description);
    for (const char* name : {"checkpoints/6.ckpt", "matrices/overlap-layer0.ndjson", "parent.json", "preset.json"}) {
      ASSERT_TRUE(fs::exists(whole / name)) << name;
    }
  }
  void copy(bool fork = true) {
    fs::remove_all(run);
    fs::copy(whole, run, fs::copy_options::recursive);
    fs::remove(run / "preset.json");
    if (fork) return;
    for (const char* name : {"checkpoints", "matrices", "parent.json"}) fs::remove_all(run / name);
    write_text(run / "scalars.csv", "step,name,value\n");
  }
  void begins_again(const std::string& when, RunRecorder::Existing existing = RunRecorder::Existing::refuse) {
    EXPECT_TRUE(never_began(run)) << when;
    RunRecorder recorder(run, existing);
    recorder.started(preset(3), Description());
    EXPECT_EQ(recorder.folder(), run) << when;
    EXPECT_EQ(read_text(run / "scalars.csv"), "step,name,value\n") << when;
    EXPECT_TRUE(recorded_preset(run, table())) << when;
    EXPECT_EQ(std::distance(fs::directory_iterator(run), fs::directory_iterator()), 5) << when;
  }
  std::vector<std::string> all() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(run)) names.push_back(entry.path().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  void stays(const std::string& when) {
    const auto before = all();
    EXPECT_FALSE(never_began(run)) << when;
    EXPECT_THROW(RunRecorder(run).started(preset(3), Description()), InputError) << when;
    EXPECT_EQ(all(), before) << when;
    FolderLock lock;
    ASSERT_TRUE(lock.take(run));
    clear_never_began(run, lock);
    EXPECT_EQ(all(), before) << when;
  }
};

TEST_F(NeverBeganTest, WhateverTheMoment) {
  copy();
  begins_again("a whole fork, but for preset.json");
  copy();
  begins_again("beside", RunRecorder::Existing::beside);
  copy();
  fs::rename(run / "checkpoints/6.ckpt", run / "checkpoints/.6.ckpt.17-3.tmp");
  begins_again("a checkpoint half written");
  copy();
  fs::remove_all(run / "checkpoints");
  fs::resize_file(run / "matrices/overlap-layer0.ndjson", 7);
  begins_again("figures half copied");
  copy();
  fs::remove_all(run / "checkpoints");
  fs::remove_all(run / "matrices");
  fs::resize_file(run / "scalars.csv", 4);
  begins_again("the header half copied");

  copy(false);
  begins_again("no fork");
  copy(false);
  for (const char* name : {"description.json", "timeline.json", "timing.csv"}) {
    fs::remove(run / name);
    const auto kept = all();
    begins_again(std::string("without ") + name);
    for (const auto& entry : all()) {
      if (std::find(kept.begin(), kept.end(), entry) == kept.end()) fs::remove(entry);
    }
  }
  fs::resize_file(run / "scalars.csv", 0);
  begins_again("one empty file");
}

// The build of a fork was given up for a preset, which then is recorded: as a run of its own.
TEST_F(NeverBeganTest, AForkThatWasGivenUp) {
  RunRecorder recorder(run);
  recorder.begin_with({Parent{parent, "", 1, 6, {}}, 6,
                       std::make_shared<const Checkpoint>(*find_checkpoint(parent, 6, table()).checkpoint)});
  recorder.given_up();
  recorder.started(preset(3), Description());
  EXPECT_FALSE(recorder.has_past(6));
  EXPECT_TRUE(fs::exists(run / "preset.json"));
  for (const char* name : {"parent.json", "checkpoints", "matrices"}) EXPECT_FALSE(fs::exists(run / name)) << name;
}

TEST_F(NeverBeganTest, WhatSomebodyMayWantStays) {
  EXPECT_FALSE(never_began(whole)) << "it has begun";
  EXPECT_FALSE(never_began(parent));
  EXPECT_FALSE(never_began(folder / "none"));
  const auto with = [&](const char* name, const char* text) {
    copy();
    write_text(run / name, text);
    stays(name);
  };
  with("summary.json", "{}");
  with("notes.txt", "mine");
  with("scalars.csv", "mine");
  with("timing.csv", "step,seconds,steps_per_s,memory_bytes\n1,1,1,1\n");
  with("matrices/mine.txt", "mine");
  with("checkpoints/mine.txt", "mine");
  for (const char* name : {"timing.csv", "timeline.json", "description.json", "parent.json", "scalars.csv"}) {
    copy();
    fs::remove(run / name);
    stays(std::string("figures without ") + name);
  }
  copy();
  fs::remove(run / "timeline.json");
  fs::create_symlink(whole / "timeline.json", run / "timeline.json");
  stays("a link");
  copy();
  fs::remove_all(run / "matrices");
  fs::create_directory_symlink(whole / "matrices", run / "matrices");
  stays("a link to a folder");
}

TEST_F(NeverBeganTest, NotWhileItIsBeingMade) {
  copy();
  const auto before = all();
  FolderLock lock;
  ASSERT_TRUE(lock.take(run));
  EXPECT_THROW(RunRecorder(run).started(preset(3), Description()), InputError);
  EXPECT_EQ(all(), before);
  RunRecorder beside(run, RunRecorder::Existing::beside);
  beside.started(preset(3), Description());
  EXPECT_EQ(beside.folder(), run.string() + "-2");
  EXPECT_EQ(all(), before);
}

// Killed again while it is emptied: what is left is always recognised.
TEST_F(NeverBeganTest, HalfCleared) {
  copy();
  fs::remove_all(run / "checkpoints");
  begins_again("without checkpoints");
  copy();
  fs::remove_all(run / "checkpoints");
  fs::remove_all(run / "matrices");
  fs::resize_file(run / "scalars.csv", 0);
  for (const char* name : {"timing.csv", "parent.json", "timeline.json", "description.json"}) {
    EXPECT_TRUE(never_began(run)) << name;
    fs::remove(run / name);
  }
  begins_again("one empty file");
}

}  // namespace
}  // namespace tessera::test
