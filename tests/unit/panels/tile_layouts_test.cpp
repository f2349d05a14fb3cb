// Layouts of tiles as the tiles panel edits them: their text, what can't be used, and when a run takes one over.
#include "app/panels/tile_layouts.h"

#include <gtest/gtest.h>

#include "app/panels/task_steps.h"
#include "core/experiment.h"

namespace tessera {
namespace {

const std::vector<std::string> names = {"shirt", "coat", "bag", "boot"};

TEST(TileText, HasRanges) {
  EXPECT_EQ(tiles_text({{0, 1, 2, 3, 4, 7}, {5, 6}}), "0-4,7|5-6");
  EXPECT_EQ(tiles_text({{0, 2, 4}, {1}}), "0,2,4|1");
  EXPECT_EQ(tiles_text({{}, {3}}), "|3");
}

TEST(TileText, IsReadBack) {
  for (const Tiles& tiles : {Tiles{{0, 1, 2, 3, 4, 7}, {5, 6}}, Tiles{{9}, {0, 2, 4}}, Tiles{{0, 1}, {1, 2}}}) {
    EXPECT_EQ(read_tiles(tiles_text(tiles), 10), tiles);
  }
  EXPECT_EQ(read_tiles(" 4 , 0-1 |2-3", 10), (Tiles{{0, 1, 4}, {2, 3}}));
  for (const char* wrong : {"", "0-4|", "0-10", "4-2", "a", "0--1", "-1", "1-"}) {
    EXPECT_FALSE(read_tiles(wrong, 10)) << wrong;
  }
}

TEST(Tiles, AreChangedClassByClass) {
  Tiles tiles = {{0, 1}, {2, 3}};
  EXPECT_FALSE(overlapping(tiles));
  move_class(tiles, 2, 0);
  EXPECT_EQ(tiles, (Tiles{{0, 1, 2}, {3}}));
  move_class(tiles, 2, 0);  // it is there already
  EXPECT_EQ(tiles, (Tiles{{0, 1, 2}, {3}}));
  toggle_class(tiles, 1, 1);
  EXPECT_EQ(tiles, (Tiles{{0, 1, 2}, {1, 3}}));
  EXPECT_TRUE(overlapping(tiles));
  toggle_class(tiles, 1, 0);
  EXPECT_EQ(tiles, (Tiles{{0, 2}, {1, 3}}));
}

TEST(Tiles, ThatCantBeUsedSayWhy) {
  EXPECT_EQ(why_unusable({{0, 1}, {2, 3}}, names, true), "");
  EXPECT_EQ(why_unusable({{0, 1, 2, 3}, {}}, names, false), "Tile 1 would be empty.");
  EXPECT_EQ(why_unusable({{0, 1}, {3}}, names, false), "bag would be in no tile.");
  EXPECT_EQ(why_unusable({{0, 1, 2}, {3}}, names, false), "");
  EXPECT_EQ(why_unusable({{0, 1, 2}, {3}}, names, true),
            "Tile 1 would have one class: with route_by_label each tile needs two.");
}

// Five tasks of 20 steps each.
Snapshot run_at(std::int64_t step, std::vector<Intervention> timeline = {}) {
  Snapshot s;
  s.step = step;
  Preset preset(experiment_parameters());
  preset.parameters.set("task.kind", std::string("sequence"));
  preset.parameters.set("task.sequence.steps", std::int64_t{20});
  preset.parameters.set("model.head.kind", std::string("tiles"));
  s.preset = std::make_shared<const Preset>(preset);
  s.timeline = std::make_shared<const std::vector<Intervention>>(std::move(timeline));
  Parameters now = preset.parameters;
  for (const Intervention& change : *s.timeline) {
    if (change.step <= step) now.set(change.path, change.value);
  }
  s.parameters = std::make_shared<const Parameters>(now);
  Description description;
  description.tiles = {{0, 1}, {2, 3}};
  s.description = std::make_shared<const Description>(description);
  return s;
}

// It has measured the tiles {0, 2} and {1, 2} at that step.
Snapshot measured_at(std::int64_t step, Snapshot run) {
  Description description = *run.description;
  MetricSpec spec;
  spec.family = spec.name = "tile_layout";
  spec.rank = 2;
  description.metrics.push_back(spec);
  run.description = std::make_shared<const Description>(description);
  run.matrices.push_back(std::make_shared<const Matrix>(Matrix{step, 3, 2, {1, 0, 0, 1, 1, 1}}));
  return run;
}

TEST(Tiles, InForceAreThoseMeasured) {
  EXPECT_EQ(tiles_in_force(run_at(30)), (Tiles{{0, 1}, {2, 3}}));
  EXPECT_EQ(tiles_in_force(measured_at(20, run_at(30))), (Tiles{{0, 2}, {1, 2}}));
}

TEST(Tiles, WaitForTheNextTask) {
  const char* waits = "A new layout is taken over when the next task begins.";
  const Intervention change{25, "model.head.tiles.layout", std::string("overlapping"), 0};
  EXPECT_EQ(layout_note(run_at(30)), "");
  EXPECT_EQ(layout_note(run_at(0, {{0, change.path, change.value, 0}})), waits);
  EXPECT_EQ(layout_note(run_at(25, {change})), waits);
  EXPECT_EQ(layout_note(run_at(40, {change})), waits);  // step 40 is the first of the next task, and not computed yet
  EXPECT_EQ(layout_note(run_at(30, {change, {28, change.path, std::string("contiguous"), 0}})), "");  // thought better
  // The seed doesn't matter here.
  EXPECT_EQ(layout_note(run_at(30, {{25, "model.head.tiles.layout_seed", std::int64_t{7}, 0}})), "");
  // Nothing begins any more.
  EXPECT_EQ(layout_note(run_at(120, {{90, change.path, change.value, 0}})),
            "A new layout was asked for after the last task had begun: it isn't taken over.");
}

TEST(Tasks, BeginAfterSoManySteps) {
  const TaskSteps task = task_steps(run_at(81));
  EXPECT_TRUE(task.any());
  EXPECT_TRUE(task.more(80));
  EXPECT_FALSE(task.more(81));
  EXPECT_EQ(task_beginnings(task), (std::vector<std::int64_t>{20, 40, 60, 80}));
  EXPECT_TRUE(task_beginnings({}).empty());
  // How many there are, the data tell where they do.
  Snapshot run = run_at(0);
  Description description = *run.description;
  MetricSpec spec;
  spec.name = "accuracy_matrix/task_il";
  spec.axes[0].labels = {"0", "1", "2"};
  description.metrics.push_back(spec);
  run.description = std::make_shared<const Description>(description);
  EXPECT_EQ(task_beginnings(task_steps(run)), (std::vector<std::int64_t>{20, 40}));
}

TEST(Tiles, AreShownWhenTheyAreMeasured) {
  const char* not_yet = "The new layout is shown once it has been measured.";
  const Intervention change{25, "model.head.tiles.layout", std::string("overlapping"), 0};
  EXPECT_EQ(layout_note(run_at(41, {change})), not_yet);
  EXPECT_EQ(layout_note(measured_at(39, run_at(41, {change}))), not_yet);
  EXPECT_EQ(layout_note(measured_at(40, run_at(41, {change}))), "");
  // Without tasks it is in force at once.
  const auto alone = [](Snapshot run) {
    Parameters parameters = *run.parameters;
    parameters.set("task.kind", std::string("classification"));
    run.parameters = std::make_shared<const Parameters>(parameters);
    return run;
  };
  EXPECT_FALSE(task_steps(alone(run_at(30, {change}))).any());
  EXPECT_EQ(layout_note(alone(measured_at(24, run_at(25, {change})))), not_yet);
  EXPECT_EQ(layout_note(alone(measured_at(25, run_at(26, {change})))), "");
  // Before the first step: the first task begins with it.
  const Intervention before{0, change.path, change.value, 0};
  EXPECT_EQ(layout_note(run_at(1, {before})), not_yet);
  EXPECT_EQ(layout_note(measured_at(0, run_at(1, {before}))), "");
  // Nothing is measured any more.
  Snapshot over = alone(measured_at(24, run_at(25, {change})));
  over.state = State::finished;
  EXPECT_EQ(layout_note(over), "");
}

TEST(Tiles, TheNoteIsMadeForEachSnapshotAndMoment) {
  LayoutNote note;
  Snapshot run = run_at(30);
  run.run = run.version = 1;
  EXPECT_EQ(note.text(run, -1), "");
  Snapshot changed = run_at(30, {{25, "model.head.tiles.layout", std::string("overlapping"), 0}});
  changed.run = changed.version = 1;
  EXPECT_EQ(note.text(changed, -1), "");  // of the same run and version: it isn't looked at
  const std::string waits = layout_note(changed);
  EXPECT_EQ(note.text(changed, 29), waits);
  EXPECT_EQ(note.text(run, -1), "");
  changed.version = 2;
  EXPECT_EQ(note.text(changed, -1), waits);
  run.run = run.version = 2;
  EXPECT_EQ(note.text(run, -1), "");
}

}  // namespace
}  // namespace tessera
