// A run read back from its folder is the run as its session last showed it.
#include "core/lab/recorded_snapshot.h"

#include <cmath>

#include "core/lab/description_json.h"
#include "core/lab/recorder.h"
#include "core/lab/row_text.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

class RecordedSnapshotTest : public SessionTest {
 protected:
  Folder folder;
  const fs::path run = folder / "run";

  // Five of seven steps, with one change under way.
  std::shared_ptr<const Snapshot> record(int steps = 5) {
    options.observer = std::make_shared<RunRecorder>(run);
    start();
    Preset made = preset(7);
    made.schedule = {{1, "model.router.temperature", 0.5, 8}};
    must(command::Load{made});
    must(command::Step{steps});
    EXPECT_TRUE(session->wait([steps](const Snapshot& s) { return s.step == steps && s.state != State::running; },
                              long_enough));
    auto last = session->snapshot();
    session.reset();
    options.observer.reset();
    return last;
  }
  std::string problem() {
    const auto read = read_snapshot(run, table());
    return read ? "" : read.problems.at(0).text();
  }
};

TEST_F(RecordedSnapshotTest, IsTheRunAsItWas) {
  const auto last = record();
  const auto read = read_snapshot(run, table());
  ASSERT_TRUE(read) << read.problems[0].text();
  const Snapshot& found = **read.value;
  EXPECT_EQ(found.state, State::paused);
  EXPECT_EQ(found.step, 5);
  EXPECT_EQ(found.steps, 7);
  EXPECT_EQ(write_description(*found.description), write_description(*last->description));
  EXPECT_EQ(found.description->layers, last->description->layers);
  EXPECT_EQ(*found.preset, *last->preset);
  EXPECT_EQ(found.preset->name, "specialize/test");
  EXPECT_EQ(*found.timeline, *last->timeline);
  EXPECT_EQ(found.parameters->get("model.router.temperature"), last->parameters->get("model.router.temperature"));
  EXPECT_EQ(scalars_csv(found), scalars_csv(*last));
  ASSERT_EQ(found.matrices.size(), last->matrices.size());
  for (std::size_t i = 0; i < found.matrices.size(); ++i) {
    ASSERT_EQ(found.matrices[i] == nullptr, last->matrices[i] == nullptr);
    if (!found.matrices[i]) continue;
    EXPECT_EQ(found.matrices[i]->step, last->matrices[i]->step);
    ASSERT_EQ(found.matrices[i]->values.size(), last->matrices[i]->values.size());
    for (std::size_t j = 0; j < found.matrices[i]->values.size(); ++j) {
      const float one = found.matrices[i]->values[j], other = last->matrices[i]->values[j];
      EXPECT_TRUE(one == other || (std::isnan(one) && std::isnan(other)));
    }
  }
}

TEST_F(RecordedSnapshotTest, CanBeTakenBackToAnyStep) {
  record(7);
  const auto read = *read_snapshot(run, table()).value;
  for (std::int64_t step = 0; step < 7; ++step) {
    const Snapshot then = at(*read, step);
    ASSERT_TRUE(then.matrices[FakeEngine::overlap]);
    EXPECT_EQ(then.matrices[FakeEngine::overlap]->step, step < 5 ? 0 : step < 6 ? 5 : 6) << "each fifth, and the last";
  }
}

TEST_F(RecordedSnapshotTest, SaysHowItEnded) {
  record(7);
  EXPECT_EQ((*read_snapshot(run, table()).value)->state, State::finished);
  fs::remove(run / "summary.json");
  EXPECT_EQ((*read_snapshot(run, table()).value)->state, State::paused) << "it was cut off, as far as one can tell";
}

TEST_F(RecordedSnapshotTest, EachIsAnotherRun) {
  record();
  EXPECT_NE((*read_snapshot(run, table()).value)->run, (*read_snapshot(run, table()).value)->run);
}

TEST_F(RecordedSnapshotTest, HalfALineIsLeftOut) {
  const auto last = record();
  const std::string whole = read_text(run / "scalars.csv");
  write_text(run / "scalars.csv", whole + "5,loss/total,0.1");
  const std::string matrix = (run / "matrices" / "overlap-layer0.ndjson").string();
  write_text(matrix, read_text(matrix) + R"({"step": 5, "ro)");
  const auto read = read_snapshot(run, table());
  ASSERT_TRUE(read) << read.problems[0].text();
  EXPECT_EQ(scalars_csv(**read.value), whole);
}

TEST_F(RecordedSnapshotTest, WhatDoesNotFitTogetherIsAProblem) {
  record();
  const fs::path scalars = run / "scalars.csv", matrix = run / "matrices" / "overlap-layer0.ndjson",
                 description = run / "description.json";
  const auto with = [&](const fs::path& file, const std::string& text) {
    const std::string before = read_text(file);
    write_text(file, text);
    const std::string found = problem();
    write_text(file, before);
    return found;
  };
  const auto has = [](const std::string& text, const fs::path& file, const char* what) {
    EXPECT_NE(text.find(file.string()), std::string::npos) << text;
    EXPECT_NE(text.find(what), std::string::npos) << text;
  };
  has(with(scalars, read_text(scalars) + "5,loss/none,0.1\n"), scalars, "loss/none");
  has(with(scalars, read_text(scalars) + "5,overlap/layer0,0.1\n"), scalars, "a scalar of description.json");
  has(with(scalars, read_text(scalars) + "2,loss/total,0.1\n"), scalars, "steps that rise");
  has(with(scalars, read_text(scalars) + "x\n"), scalars, "step,name,value");
  for (const char* step : {"-1", "1000000000001", "9223372036854775807"}) {
    has(with(scalars, read_text(scalars) + step + ",loss/total,0.1\n"), scalars, "step,name,value");
    has(with(matrix, read_text(matrix) + "{\"step\": " + step +
                         ", \"rows\": 2, \"columns\": 2, \"values\": [[1, 1], [1, 1]]}\n"),
        matrix, "line 3");
  }
  has(with(matrix, read_text(matrix) + "{\"step\": 9, \"rows\": 1, \"columns\": 1, \"values\": [[1]]}\n"), matrix,
      "2 x 2 as its axes");
  has(with(matrix, read_text(matrix) + "{\"step\": 9, \"rows\": 2, \"columns\": 2, \"values\": [[1, 1], [1]]}\n"),
      matrix, "line 3");
  has(with(matrix, "{}\n"), matrix, "line 1");
  has(with(description, "{"), description, "line 1");
  has(with(description, "{}"), description, "layer_names");

  std::string text = read_text(description);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    const std::size_t at = other.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    other.replace(at, from.size(), to);
    return with(description, other);
  };
  has(changed("\"rank\": 2", "\"rank\": 1"), description, "metrics[2].rank");
  has(changed("\"layer\": -1", "\"layer\": 17"), description, "metrics[0].layer");
  has(changed("alpha_entropy/layer0", "loss/total"), description, "metrics[1].name");
  has(changed("\"sequential\"", "\"pink\""), description, "colours");
  EXPECT_EQ(problem(), "") << "as it was";
}

}  // namespace
}  // namespace tessera::test
