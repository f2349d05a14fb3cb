// A run's folder: what is in it, that it is whole whatever happens, and that it continues as if nothing had happened.
#include "core/lab/recorder.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/lab/checkpoints.h"
#include "core/lab/recorded_run.h"
#include "core/lab/row_text.h"
#include "core/lab/run_folder.h"
#include "core/lab/text.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

fs::path newest_checkpoint(const fs::path& run) {
  const auto saved = saved_checkpoints(run);
  return saved.empty() ? fs::path() : saved.back().file;
}

class RecorderTest : public SessionTest {
 protected:
  Folder folder;
  const fs::path run = folder / "run";

  void record(RunRecorder::Existing existing = RunRecorder::Existing::refuse) {
    options.observer = std::make_shared<RunRecorder>(run, existing);
    options.publish_every = std::chrono::milliseconds(0);
    start();
  }
  void close() {
    session.reset();
    options.observer.reset();
  }
  std::vector<std::string> lines(const std::string& name) {
    std::vector<std::string> all;
    std::istringstream text(read_text(run / name));
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }
  json read_json(const std::string& name) { return json::parse(read_text(run / name)); }
  std::string problem(RunRecorder::Existing existing = RunRecorder::Existing::refuse, fs::path where = {}) {
    try {
      RunRecorder recorder(where.empty() ? run : where, existing);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(RecorderTest, WritesAWholeRun) {
  record();
  EXPECT_FALSE(fs::exists(run)) << "nothing before the run starts";
  Preset made = preset(7);
  made.schedule = {{3, "model.router.temperature", 0.5, 0}};
  ASSERT_TRUE(made.parameters.set("run.seed", std::int64_t{11}).empty());
  must(command::Load{made});
  EXPECT_TRUE(fs::exists(run / "preset.json"));
  must(command::Step{2});
  reach(State::paused);
  must(command::Set{"task.batch", std::int64_t{64}, false});
  must(command::Play{});
  const auto end = reach(State::finished);
  close();

  const Result<Preset> written = read_preset(read_text(run / "preset.json"), "preset.json", table());
  ASSERT_TRUE(written);
  EXPECT_TRUE(*written.value == made);
  EXPECT_EQ(read_json("preset.json")["model"]["depth"], 4) << "complete, defaults too";

  EXPECT_EQ(read_json("timeline.json"), json::parse(R"([{"step": 2, "path": "task.batch", "value": 64},
                            {"step": 3, "path": "model.router.temperature", "value": 0.5}])"));

  // By hand: loss each step, alpha_entropy (the fake's: the temperature) every second.
  const auto rows = lines("scalars.csv");
  ASSERT_EQ(rows.size(), 1u + 7 + 4);
  EXPECT_EQ(rows[0], "step,name,value");
  EXPECT_EQ(rows[1].substr(0, 13), "0,loss/total,");
  EXPECT_EQ(rows[2], "0,alpha_entropy/layer0,1");
  EXPECT_EQ(rows[3].substr(0, 13), "1,loss/total,");
  EXPECT_EQ(rows[8], "4,alpha_entropy/layer0,0.5");
  EXPECT_EQ(read_text(run / "scalars.csv"), scalars_csv(*end)) << "the window saves the same bytes";

  const auto matrix = lines("matrices/overlap-layer0.ndjson");
  ASSERT_EQ(matrix.size(), 4u);  // a header, steps 0 and 5, and the last
  const json header = json::parse(matrix[0]);
  EXPECT_EQ(header["metric"], "overlap/layer0");
  EXPECT_EQ(header["axes"][1]["title"], "class");
  EXPECT_EQ(header["axes"][1]["labels"], json::parse(R"(["shirt", "coat"])"));
  EXPECT_EQ(json::parse(matrix[2]),
            json::parse(R"({"step": 5, "rows": 2, "columns": 2, "values": [[5, 0.25], [null, 1]]})"));
  EXPECT_EQ(json::parse(matrix[3])["step"], 6);

  const auto timing = lines("timing.csv");
  EXPECT_EQ(timing[0], "step,seconds,steps_per_s,memory_bytes");
  ASSERT_GE(timing.size(), 2u);
  EXPECT_EQ(timing[1].substr(0, 2), "1,");
  EXPECT_EQ(timing[1].substr(timing[1].rfind(',') + 1), "1048576");

  const json summary = read_json("summary.json");
  EXPECT_EQ(summary["preset"], "specialize/test");
  EXPECT_EQ(summary["seed"], 11);
  EXPECT_EQ(summary["steps"], 7);
  EXPECT_EQ(summary["planned_steps"], 7);
  EXPECT_EQ(summary["device"], "cpu, 1 thread");
  EXPECT_EQ(summary["state"], "finished");
  EXPECT_EQ(summary["failure"], "");
  EXPECT_GT(summary["wall_s"], 0);
  EXPECT_GT(summary["steps_per_s"], 0);
  EXPECT_EQ(summary["final"]["alpha_entropy/layer0"], 0.5);
  EXPECT_EQ(number_text(summary["final"]["loss/total"].get<double>()), rows[10].substr(13));
  EXPECT_EQ(summary["final"].size(), 2u);
  EXPECT_EQ(recorded_state(run), State::finished);
}

TEST_F(RecorderTest, RowsAreInTheOrderOfTheMetrics) {
  // An engine that computes them in another order.
  Preset made = preset(1);
  Description description;
  description.metrics.resize(3);
  for (std::size_t i = 0; i < 3; ++i) description.metrics[i].name = std::string(1, static_cast<char>('c' - i));
  RunRecorder recorder(run);
  recorder.started(made, description);
  recorder.scalar(0, description.metrics[2], 3);
  recorder.scalar(0, description.metrics[0], 0.1);
  recorder.scalar(0, description.metrics[1], std::nan(""));
  recorder.stepped(1, 0.01, 0);
  recorder.paused();
  EXPECT_EQ(read_text(run / "scalars.csv"), "step,name,value\n0,c,0.1\n0,b,nan\n0,a,3\n");
}

TEST_F(RecorderTest, TwoRunsAreIdentical) {
  std::vector<std::string> texts;
  for (const char* name : {"a", "b"}) {
    options.observer = std::make_shared<RunRecorder>(folder / name);
    start();
    must(command::Load{preset(300)});
    must(command::Play{});
    reach(State::finished);
    close();
    texts.push_back(read_text(folder / name / "scalars.csv") +
                    read_text(folder / name / "matrices/overlap-layer0.ndjson"));
  }
  EXPECT_EQ(texts[0], texts[1]);
}

TEST_F(RecorderTest, RefusesAFolderThatHoldsARun) {
  record();
  must(command::Load{preset(1)});
  close();
  const std::size_t before = folder.files();
  EXPECT_EQ(problem(),
            run.string() + ": this folder holds a run already; allowed: a new or empty folder, or to resume that run");
  EXPECT_EQ(folder.files(), before);
}

TEST_F(RecorderTest, TakesAnEmptyFolder) {
  fs::create_directories(run);
  EXPECT_EQ(problem(), "");
  EXPECT_TRUE(fs::is_empty(run));
}

TEST_F(RecorderTest, RefusesAFolderWithOtherFiles) {
  fs::create_directories(run / "matrices");
  EXPECT_EQ(problem(),
            run.string() + ": this folder is not empty: \"matrices\" is in it; allowed: a new or empty folder");
  EXPECT_TRUE(fs::is_empty(run / "matrices"));
}

TEST_F(RecorderTest, WhoeverComesSecondIsRefusedAndHarmsNothing) {
  RunRecorder first(run), second(run);  // both see that there is no folder yet
  first.started(preset(3), Description());
  EXPECT_THROW(second.started(preset(3), Description()), InputError);
  for (const char* name : {"preset.json", "timeline.json", "scalars.csv", "timing.csv"}) {
    EXPECT_TRUE(fs::exists(run / name)) << name;
  }
}

TEST_F(RecorderTest, AFolderThatWasFilledSinceIsRefusedAndLeftAsItIs) {
  RunRecorder recorder(run);
  fs::create_directories(run);
  write_text(run / "scalars.csv", "mine");
  EXPECT_THROW(recorder.started(preset(3), Description()), InputError);
  EXPECT_EQ(read_text(run / "scalars.csv"), "mine");
}

TEST_F(RecorderTest, BesideTakesTheNextFreeName) {
  write_text(run.string() + "-2", "a file");
  const auto beside = RunRecorder::Existing::beside;
  RunRecorder first(run, beside), second(run, beside), third(run, beside);
  for (RunRecorder* recorder : {&first, &second, &third}) recorder->started(preset(3), Description());
  EXPECT_EQ(first.folder(), run);
  EXPECT_EQ(second.folder(), run.string() + "-3");
  EXPECT_EQ(third.folder(), run.string() + "-4");
  EXPECT_TRUE(holds_run(second.folder()));
}

TEST_F(RecorderTest, RefusesWhatIsNoFolder) {
  write_text(run, "a file");
  EXPECT_NE(problem().find("is not a folder"), std::string::npos) << problem();
  EXPECT_NE(problem(RunRecorder::Existing::refuse, run / "below").find("is not a folder"), std::string::npos);
  EXPECT_EQ(read_text(run), "a file");
  EXPECT_NE(problem(RunRecorder::Existing::refuse, "/proc/self/no-run").find("/proc/self/no-run: can't be written"),
            std::string::npos)
      << problem(RunRecorder::Existing::refuse, "/proc/self/no-run");
}

TEST_F(RecorderTest, RefusesAFullDisk) {
  std::string found;
  {
    const FileSizeLimit limit(1000);
    found = problem();
  }
  EXPECT_NE(found.find(run.string() + ": can't be written"), std::string::npos) << found;
  EXPECT_EQ(folder.files(), 0u) << "nothing is left behind";
}

TEST_F(RecorderTest, ADiskThatFillsUpAtTheStartLeavesNothing) {
  record();
  std::string text;
  {
    const FileSizeLimit limit(100);  // the header lines fit, the rest does not
    const Outcome outcome = act(command::Load{preset(5)});
    EXPECT_FALSE(outcome.accepted);
    text = outcome.text;
  }
  EXPECT_EQ(text.find(run.string() + "/"), 0u) << text;
  EXPECT_EQ(session->snapshot()->state, State::failed);
  EXPECT_EQ(folder.files(), 0u);
}

TEST_F(RecorderTest, ADiskThatFillsUpFailsTheRunAndKeepsWholeLines) {
  record();
  must(command::Load{preset(100000)});
  {
    const FileSizeLimit limit(3000);  // the files of the start are smaller
    must(command::Play{});
    EXPECT_EQ(reach(State::failed)->failure.substr(0, run.string().size()), run.string());
    close();
  }
  const std::string rows = read_text(run / "scalars.csv");
  EXPECT_GT(rows.size(), 2000u);
  EXPECT_LE(rows.size(), 3000u);
  EXPECT_EQ(rows.back(), '\n');
  options.observer = nullptr;
  start();
  must(command::Load{preset(100000)});
  must(command::Step{200});
  const auto same = reach(State::paused);
  EXPECT_EQ(scalars_csv(*same).substr(0, rows.size()), rows) << "what is there is a part of the whole";
}

TEST_F(RecorderTest, AFailureIsInTheSummary) {
  script->on_step = [](std::int64_t step) {
    if (step == 4) throw TrainingError("no gradient at step 4");
  };
  record();
  must(command::Load{preset(10)});
  must(command::Play{});
  reach(State::failed);
  close();
  const json summary = read_json("summary.json");
  EXPECT_EQ(summary["state"], "failed");
  EXPECT_EQ(summary["failure"], "no gradient at step 4");
  EXPECT_EQ(summary["steps"], 4);
  EXPECT_EQ(lines("scalars.csv").size(), 1u + 4 + 2);
}

TEST_F(RecorderTest, ALossThatIsNotANumberIsWritten) {
  script->loss = [](std::int64_t step, double loss) { return step == 3 ? std::nan("") : loss; };
  record();
  must(command::Load{preset(10)});
  must(command::Play{});
  reach(State::failed);
  close();
  EXPECT_EQ(lines("scalars.csv").back(), "3,loss/total,nan");
  EXPECT_EQ(read_json("summary.json")["final"]["loss/total"], nullptr);
  EXPECT_EQ(read_json("summary.json")["failure"], "loss/total is nan at step 3");
}

TEST_F(RecorderTest, AStoppedRunSaysSo) {
  record();
  must(command::Load{preset(10)});
  must(command::Step{3});
  reach(State::paused);
  EXPECT_EQ(lines("scalars.csv").size(), 1u + 3 + 2) << "written when it pauses";
  close();
  EXPECT_EQ(recorded_state(run), State::paused);
  EXPECT_EQ(read_json("summary.json")["steps"], 3);
}

TEST_F(RecorderTest, ASecondRunInTheSameFolderFails) {
  record();
  must(command::Load{preset(5)});
  must(command::Step{2});
  reach(State::paused);
  const std::string before = read_text(run / "scalars.csv");
  EXPECT_FALSE(act(command::Reset{}).accepted);
  EXPECT_EQ(session->snapshot()->state, State::failed);
  close();
  EXPECT_EQ(read_text(run / "scalars.csv"), before);
}

// All files of a run that must not depend on how often it was interrupted.
std::string lasting(const fs::path& run) {
  return read_text(run / "preset.json") + read_text(run / "timeline.json") + read_text(run / "scalars.csv") +
         read_text(run / "matrices/overlap-layer0.ndjson");
}

class ResumeTest : public RecorderTest {
 protected:
  Preset made = preset(30);
  std::string whole;

  void SetUp() override {
    made.schedule = {{12, "model.router.temperature", 3.0, 6}, {25, "task.batch", std::int64_t{7}, 0}};
    record();
    must(command::Load{made});
    must(command::Play{});
    reach(State::finished);
    close();
    whole = lasting(run);
    fs::remove_all(run);
  }
  // Runs until `stop`, with a checkpoint at `saved` (-1: none), as if the program were killed then.
  void interrupt(std::int64_t saved, std::int64_t stop) {
    record();
    must(command::Load{made});
    for (std::int64_t step = 1; step <= stop; ++step) {
      must(command::Step{});
      EXPECT_TRUE(
          session->wait([&](const Snapshot& s) { return s.step == step && s.state == State::paused; }, long_enough));
      if (step == saved) must(command::SaveCheckpoint{});
    }
    close();
  }
  void resume(bool restore) {
    record(RunRecorder::Existing::resume);
    const Result<Preset> written = load_preset(run / "preset.json", table());
    ASSERT_TRUE(written);
    must(command::Load{*written.value});
    if (restore) must(command::RestoreCheckpoint{newest_checkpoint(run)});
    must(command::Play{});
    reach(State::finished);
    close();
  }
};

TEST_F(ResumeTest, FromACheckpointWithinARamp) {
  interrupt(14, 17);
  resume(true);
  EXPECT_EQ(lasting(run), whole);
  EXPECT_EQ(recorded_state(run), State::finished);
}

TEST_F(ResumeTest, FromACheckpointAtAnIntervention) {
  interrupt(12, 20);
  resume(true);
  EXPECT_EQ(lasting(run), whole);
}

TEST_F(ResumeTest, WithoutACheckpointItStartsAgain) {
  interrupt(-1, 9);
  resume(false);
  EXPECT_EQ(lasting(run), whole);
}

TEST_F(ResumeTest, AfterAPowerCutWithinALine) {
  interrupt(14, 17);
  for (const char* name : {"scalars.csv", "matrices/overlap-layer0.ndjson", "timing.csv"}) {
    std::ofstream(run / name, std::ios::app) << "{\"step\": 17, \"ro";
  }
  resume(true);
  EXPECT_EQ(lasting(run), whole);
}

TEST_F(ResumeTest, AfterAMatrixFileWasMadeAndNotYetWritten) {
  interrupt(-1, 9);
  fs::resize_file(run / "matrices/overlap-layer0.ndjson", 0);
  resume(false);
  EXPECT_EQ(lasting(run), whole);
}

TEST_F(ResumeTest, ALiveChangeIsRepeatedWithoutACheckpoint) {
  record();
  must(command::Load{preset(20)});
  must(command::Set{"task.batch", std::int64_t{3}, false});
  must(command::Step{4});
  reach(State::paused);
  must(command::Set{"model.router.temperature", 0.25, false});
  must(command::Play{});
  reach(State::finished);
  close();
  const std::string all = lasting(run);

  Preset again = *load_preset(run / "preset.json", table()).value;
  EXPECT_TRUE(again.schedule.empty());
  const auto timeline = recorded_timeline(run, again);
  ASSERT_TRUE(timeline);
  EXPECT_EQ(timeline.value->size(), 2u);
  again.schedule = *timeline.value;
  record(RunRecorder::Existing::resume);
  must(command::Load{again});
  must(command::Play{});
  reach(State::finished);
  close();
  EXPECT_EQ(lasting(run), all);

  write_text(run / "timeline.json", R"([{"step": 1, "path": "model.depth", "value": 2}])");
  EXPECT_FALSE(recorded_timeline(run, again));
  fs::remove(run / "timeline.json");
  EXPECT_EQ(*recorded_timeline(run, made).value, made.schedule) << "without one";
}

TEST_F(RecorderTest, CheckpointsAreSavedNowAndThen) {
  options.observer = std::make_shared<RunRecorder>(run, RunRecorder::Existing::refuse,
                                                   RunRecorder::Checkpoints{.every = std::chrono::seconds(0)});
  start();
  must(command::Load{preset(20)});
  must(command::Step{4});
  reach(State::paused);
  EXPECT_EQ(read_checkpoint(newest_checkpoint(run), table()).step, 4);
  close();

  options.observer = std::make_shared<RunRecorder>(run.string() + "-2");
  start();
  must(command::Load{preset(20)});
  must(command::Step{4});
  reach(State::paused);
  close();
  EXPECT_TRUE(saved_checkpoints(run.string() + "-2").empty()) << "not each step";
}

TEST_F(ResumeTest, NotWhileItIsStillGoing) {
  const auto resuming = RunRecorder::Existing::resume;
  record();
  must(command::Load{made});
  EXPECT_EQ(problem(resuming), run.string() +
                                   ": another run is being recorded in this folder; allowed: the folder of a run that "
                                   "has stopped");
  close();
  const RunRecorder resumed(run, resuming);
  EXPECT_NE(problem(resuming), "") << "nor twice at a time";
}

TEST_F(ResumeTest, OpeningAloneChangesNothing) {
  interrupt(14, 17);
  const std::string before = lasting(run) + read_text(run / "summary.json") + read_text(run / "timing.csv");
  record(RunRecorder::Existing::resume);
  must(command::Load{made});
  close();
  EXPECT_EQ(lasting(run) + read_text(run / "summary.json") + read_text(run / "timing.csv"), before);
}

TEST_F(ResumeTest, NeedsARun) {
  EXPECT_EQ(problem(RunRecorder::Existing::resume),
            run.string() + ": this folder holds no run; allowed: the folder of an earlier run");
}

}  // namespace
}  // namespace tessera::test
