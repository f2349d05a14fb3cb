// Forks: which timeline they have, what is refused, and what their folders say of their parents.
#include <cmath>

#include "core/lab/checkpoints.h"
#include "core/lab/fork.h"
#include "core/lab/recorded_run.h"
#include "core/lab/recorder.h"
#include "core/lab/resume.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* temperature = "model.router.temperature";
constexpr const char* batch = "task.batch";

const std::vector<Intervention> timeline = {{2, temperature, 4.0, 0},
                                            {5, batch, std::int64_t{64}, 0},
                                            {6, temperature, 0.5, 4},
                                            {8, batch, std::int64_t{32}, 0}};

std::string problem(std::int64_t step, const std::vector<Setting>& settings) {
  const auto fork = fork_of(preset(12), timeline, step, settings);
  return fork ? "" : InputError(fork.problems).what();
}

TEST(ForkOf, KeepsWhatOthersChangeLater) {
  const auto fork = fork_of(preset(12), timeline, 5, {{temperature, 1.0}, {temperature, 2.0}});
  ASSERT_TRUE(fork);
  const std::vector<Intervention> expected = {
      timeline[0], {5, temperature, 2.0, 0}, timeline[1], timeline[3]};  // the parent's ramp at 6 is gone
  EXPECT_EQ(fork.value->preset.schedule, expected);
  EXPECT_EQ(fork.value->changes, (std::vector<ForkChange>{{temperature, 4.0, 2.0}}));
  EXPECT_TRUE(fork.value->preset.parameters == preset(12).parameters);
}

TEST(ForkOf, TakesThePlaceOfAChangeOfTheSameStepAndEndsARamp) {
  const auto fork = fork_of(preset(12), timeline, 8, {{batch, std::int64_t{7}}, {temperature, 3.0}});
  ASSERT_TRUE(fork);
  const std::vector<Intervention> expected = {
      timeline[0], timeline[1], timeline[2], {8, batch, std::int64_t{7}, 0}, {8, temperature, 3.0, 0}};
  EXPECT_EQ(fork.value->preset.schedule, expected);
  // Half way of a ramp from 4 to 0.5, geometrically: sqrt(4 * 0.5).
  EXPECT_NEAR(std::get<double>(fork.value->changes[1].from), std::sqrt(2.0), 1e-12);
  EXPECT_EQ(fork.value->changes[0].from, Value(std::int64_t{32}));
}

TEST(ForkOf, AtStepZeroAnythingCanBeChanged) {
  const auto fork = fork_of(preset(12), timeline, 0, {{"model.depth", std::int64_t{2}}, {batch, std::int64_t{7}}});
  ASSERT_TRUE(fork);
  EXPECT_EQ(fork.value->preset.parameters.integer("model.depth"), 2);
  EXPECT_EQ(fork.value->preset.parameters.integer(batch), 7);
  EXPECT_EQ(fork.value->preset.schedule, (std::vector<Intervention>{timeline[0], timeline[2]}));
  EXPECT_EQ(fork.value->changes[0], (ForkChange{"model.depth", std::int64_t{4}, std::int64_t{2}}));
}

TEST(ForkOf, SaysWhatIsNotPossible) {
  EXPECT_EQ(problem(5, {{"model.depth", std::int64_t{2}}}),
            "model.depth: a change needs a rebuild, and can't be made at step 5; allowed: parameters that act at once; "
            "any at step 0");
  EXPECT_NE(problem(5, {{temperature, 1000.0}}).find("0.01 to 100"), std::string::npos);
  EXPECT_NE(problem(5, {{"model.router.temperatur", 1.0}}).find(temperature), std::string::npos) << "what was meant";
  EXPECT_EQ(problem(12, {}), "step 12: the run ends after 12 steps; allowed: an earlier step, or a larger run.steps");
  EXPECT_EQ(problem(12, {{"run.steps", std::int64_t{20}}}), "");
  EXPECT_EQ(problem(11, {}), "");
  const auto never = [](const Parameters& p) {
    return p.real(temperature) == 2.0 ? std::vector<Problem>{{temperature, "2", "anything else"}}
                                      : std::vector<Problem>();
  };
  EXPECT_FALSE(fork_of(preset(12), timeline, 5, {{temperature, 2.0}}, never));
  EXPECT_TRUE(fork_of(preset(12), timeline, 5, {{temperature, 2.5}}, never));
}

TEST(ForkOf, SaysWhereItComesFrom) {
  const Folder folder;
  EXPECT_FALSE(recorded_parent(folder.path(), table()).value->has_value());
  const Parent made{"../a",
                    "specialize/test",
                    7,
                    500,
                    {{temperature, 1.0, 0.1}, {"model.router.kind", std::string("softmax"), std::string("sigmoid")}}};
  write_text(folder / "parent.json", parent_json(made));
  const auto read = recorded_parent(folder.path(), table());
  ASSERT_TRUE(read && *read.value);
  const Parent& parent = **read.value;
  EXPECT_EQ(parent.folder, made.folder);
  EXPECT_EQ(parent.preset, made.preset);
  EXPECT_EQ(parent.seed, 7);
  EXPECT_EQ(parent.step, 500);
  EXPECT_EQ(parent.changes, made.changes);
  for (const char* bad :
       {"", "[]", "{}", "{\"run\": 3}",
        R"({"run": "a", "preset": "b", "seed": 1, "step": 1, "set": [{"path": "no.such", "from": 1, "to": 2}]})",
        R"({"run": "a", "preset": "b", "seed": 1, "step": 1, "set": [{"path": "task.batch", "from": [], "to": 2}]})"}) {
    write_text(folder / "parent.json", bad);
    EXPECT_FALSE(recorded_parent(folder.path(), table())) << bad;
  }
}

// The whole way, with a fake engine: the fork of a recorded run is, byte for byte, the run with that schedule.
class ForkedRunTest : public SessionTest {
 protected:
  Folder folder;

  void train(const Preset& made, const fs::path& run, std::shared_ptr<RunRecorder> recorder,
             std::optional<std::int64_t> from = {}) {
    options.observer = std::move(recorder);
    start();
    must(command::Load{made});
    if (from) must(command::RestoreCheckpoint{checkpoint_file(run, *from)});
    must(command::Play{});
    reach(State::finished);
    session.reset();
    options.observer.reset();
  }
  static std::string figures(const fs::path& run) {
    return read_text(run / "scalars.csv") + read_text(run / "matrices/overlap-layer0.ndjson") +
           read_text(run / "timeline.json") + read_text(run / "preset.json");
  }
};

TEST_F(ForkedRunTest, IsTheRunWithThatSchedule) {
  RunRecorder::Checkpoints each;
  each.steps = 4;
  const fs::path parent = folder / "parent";
  Preset made = preset(20);
  made.schedule = timeline;
  train(made, parent, std::make_shared<RunRecorder>(parent, RunRecorder::Existing::refuse, each));
  for (const std::int64_t step : {0, 1, 3, 4, 5, 7, 8, 13, 19}) {
    const auto fork = fork_of(made, timeline, step, {{temperature, 0.125}});
    ASSERT_TRUE(fork);
    const fs::path child = folder / ("child-" + std::to_string(step)), same = folder / ("same-" + std::to_string(step));
    auto recorder = std::make_shared<RunRecorder>(child);
    FoundCheckpoint found;
    if (step > 0) found = find_checkpoint(parent, step, table());
    std::optional<std::int64_t> from;
    if (found.checkpoint) {
      from = found.checkpoint->step;
      EXPECT_EQ(*from, step / 4 * 4);
      found.checkpoint->timeline = fork.value->preset.schedule;
    }
    auto saved = found.checkpoint ? std::make_shared<const Checkpoint>(*std::move(found.checkpoint)) : nullptr;
    recorder->begin_with({Parent{parent, "", 1, step, {}}, from.value_or(0), std::move(saved)});
    train(fork.value->preset, child, recorder, from);
    train(fork.value->preset, same, std::make_shared<RunRecorder>(same));
    EXPECT_EQ(figures(child), figures(same)) << "forked at " << step;
  }
}

}  // namespace
}  // namespace tessera::test
