// What saving an experiment means, and when it counts as changed.
#include "app/window/document.h"

#include <gtest/gtest.h>

#include "core/experiment.h"

namespace tessera {
namespace {

Snapshot snapshot_of(const Preset& preset, std::vector<Intervention> timeline) {
  Snapshot s;
  s.state = State::running;
  s.preset = std::make_shared<Preset>(preset);
  s.parameters = std::make_shared<Parameters>(preset.parameters);
  s.timeline = std::make_shared<std::vector<Intervention>>(std::move(timeline));
  return s;
}

Preset some_preset() {
  Preset preset(experiment_parameters());
  preset.name = "topic/name";
  preset.title = "A title";
  preset.schedule = {{.step = 100, .path = "model.router.temperature", .value = 0.5, .ramp = 50}};
  return preset;
}

TEST(Document, AnUntouchedExperimentIsUnchanged) {
  const Preset preset = some_preset();
  Document document;
  document.opened("/presets/topic/name.json", preset);
  EXPECT_FALSE(document.changed(snapshot_of(preset, preset.schedule)));
  EXPECT_EQ(*preset_to_save(snapshot_of(preset, preset.schedule)), preset);
  EXPECT_EQ(document.name(), "topic/name");
}

TEST(Document, AChangeWhileItRanBecomesTheSchedule) {
  const Preset preset = some_preset();
  Document document;
  document.opened("/presets/topic/name.json", preset);
  auto timeline = preset.schedule;
  timeline.push_back({.step = 240, .path = "model.router.temperature", .value = 0.25});
  const Snapshot s = snapshot_of(preset, timeline);
  EXPECT_TRUE(document.changed(s));
  const auto saved = preset_to_save(s);
  EXPECT_EQ(saved->schedule, timeline);
  EXPECT_EQ(saved->parameters, preset.parameters);
  document.saved("/tmp/mine.json", *saved);
  EXPECT_FALSE(document.changed(s));
}

TEST(Document, AChangeBeforeTheFirstStepBecomesAParameter) {
  const Preset preset = some_preset();
  auto timeline = preset.schedule;
  timeline.insert(timeline.begin(), {.step = 0, .path = "model.router.temperature", .value = 3.0});
  const auto saved = preset_to_save(snapshot_of(preset, timeline));
  EXPECT_EQ(saved->schedule, preset.schedule);
  EXPECT_EQ(saved->parameters.real("model.router.temperature"), 3.0);
}

TEST(Document, APresetWithARampFromTheStartIsUnchanged) {
  Preset preset = some_preset();
  preset.schedule = {{.step = 0, .path = "model.router.temperature", .value = 0.5, .ramp = 10}};
  Document document;
  document.opened("/presets/topic/name.json", preset);
  EXPECT_FALSE(document.changed(snapshot_of(preset, preset.schedule)));
  preset.schedule = {{.step = 0, .path = "model.router.temperature", .value = 0.5}};
  document.opened("/presets/topic/name.json", preset);
  EXPECT_FALSE(document.changed(snapshot_of(preset, preset.schedule)));
}

TEST(Document, ARebuiltParameterIsAChange) {
  const Preset preset = some_preset();
  Document document;
  document.opened("/presets/topic/name.json", preset);
  Preset other = preset;
  ASSERT_TRUE(other.parameters.set("run.seed", std::int64_t{7}).empty());
  EXPECT_TRUE(document.changed(snapshot_of(other, preset.schedule)));
  EXPECT_EQ(preset_to_save(snapshot_of(other, preset.schedule))->parameters.integer("run.seed"), 7);
}

// How fast it may run is no part of what it computes.
TEST(Document, ThePaceIsNoChange) {
  const Preset preset = some_preset();
  Document document;
  document.opened("/presets/topic/name.json", preset);
  auto timeline = preset.schedule;
  timeline.insert(timeline.begin(), {.step = 0, .path = "run.pace", .value = 5.0});
  timeline.push_back({.step = 240, .path = "run.pace", .value = 30.0});
  EXPECT_FALSE(document.changed(snapshot_of(preset, timeline)));
  Preset other = preset;
  ASSERT_TRUE(other.parameters.set("run.pace", 15.0).empty());
  EXPECT_FALSE(document.changed(snapshot_of(other, preset.schedule)));
  timeline.push_back({.step = 250, .path = "model.router.temperature", .value = 0.25});
  EXPECT_TRUE(document.changed(snapshot_of(preset, timeline)));
  document.opened("/presets/topic/name.json", other);
  EXPECT_FALSE(document.changed(snapshot_of(preset, preset.schedule)));
}

TEST(Document, NothingLoadedIsNothingToSave) {
  EXPECT_EQ(preset_to_save(Snapshot()), nullptr);
  EXPECT_FALSE(Document().changed(Snapshot()));
}

}  // namespace
}  // namespace tessera
