// Timelines: what holds at which step, with ramps worked out by hand.
#include "core/lab/timeline.h"

#include <gtest/gtest.h>

#include "tests/unit/lab/test_table.h"

namespace tessera::test {
namespace {

constexpr const char* temperature = "model.router.temperature";  // logarithmic
constexpr const char* jitter = "model.router.jitter_std";        // linear
constexpr const char* batch = "task.batch";                      // integer, logarithmic
constexpr const char* pace = "run.pace";                         // linear

// The values of a real parameter at steps 0 to `last`.
std::vector<double> course(Timeline& timeline, Parameters& parameters, const char* path, int last) {
  std::vector<double> values;
  for (int step = 0; step <= last; ++step) {
    timeline.advance(step, parameters);
    values.push_back(parameters.real(path));
  }
  return values;
}

TEST(Timeline, AStepChange) {
  Parameters parameters(table());
  Timeline timeline({{2, temperature, 0.5, 0}, {4, temperature, 3.0, 0}});
  EXPECT_EQ(course(timeline, parameters, temperature, 5), (std::vector<double>{1, 1, 0.5, 0.5, 3, 3}));
}

TEST(Timeline, ALinearRamp) {
  Parameters parameters(table());  // from 0.1 to 0.9 over 4 steps: by 0.2 a step
  Timeline timeline({{1, jitter, 0.9, 4}});
  const auto values = course(timeline, parameters, jitter, 7);
  const double expected[] = {0.1, 0.1, 0.3, 0.5, 0.7, 0.9, 0.9, 0.9};
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(values[i], expected[i], 1e-15) << i;
  EXPECT_EQ(values[5], 0.9) << "exactly, at the end";
}

TEST(Timeline, AGeometricRamp) {
  Parameters parameters(table());  // from 1 to 16 over 4 steps: doubled at each
  Timeline timeline({{0, temperature, 16.0, 4}});
  const auto values = course(timeline, parameters, temperature, 5);
  const double expected[] = {1, 2, 4, 8, 16, 16};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(values[i], expected[i], 1e-12) << i;
}

TEST(Timeline, AGeometricRampDownwards) {
  Parameters parameters(table());  // from 1 to 0.01 over 2 steps: a tenth at each
  Timeline timeline({{3, temperature, 0.01, 2}});
  const auto values = course(timeline, parameters, temperature, 5);
  EXPECT_NEAR(values[4], 0.1, 1e-15);
  EXPECT_EQ(values[5], 0.01);
}

TEST(Timeline, IntegersAreRounded) {
  Parameters parameters(table());  // from 128 to 1024 over 6 steps: times the square root of 2
  Timeline timeline({{0, batch, std::int64_t{1024}, 6}});
  std::vector<std::int64_t> values;
  for (int step = 0; step <= 7; ++step) {
    timeline.advance(step, parameters);
    values.push_back(parameters.integer(batch));
  }
  EXPECT_EQ(values, (std::vector<std::int64_t>{128, 181, 256, 362, 512, 724, 1024, 1024}));
}

TEST(Timeline, FromZeroARampIsLinear) {
  Ramp ramp{{0, "x", 4.0, 4}, 0.0};
  ParameterSpec spec;
  spec.range = {0, 10, Scale::logarithmic};
  EXPECT_EQ(ramp_value(ramp, spec, 1), Value(1.0)) << "there is no factor from zero";
}

TEST(Timeline, ARampOfOneStepComesAStepLater) {
  Parameters parameters(table());
  Timeline timeline({{2, pace, 8.0, 1}});
  EXPECT_EQ(course(timeline, parameters, pace, 4), (std::vector<double>{0, 0, 0, 8, 8}));
}

TEST(Timeline, ALaterInterventionEndsARamp) {
  Parameters parameters(table());
  Timeline timeline({{0, pace, 100.0, 10}, {3, pace, 7.0, 0}});
  EXPECT_EQ(course(timeline, parameters, pace, 5), (std::vector<double>{0, 10, 20, 7, 7, 7}));
  EXPECT_FALSE(timeline.ramping(pace));
}

TEST(Timeline, ARampTakesOverFromARamp) {
  Parameters parameters(table());  // 10 until step 2, from there to 0 by 2.5 a step
  Timeline timeline({{0, pace, 100.0, 10}, {2, pace, 0.0, 4}});
  const auto values = course(timeline, parameters, pace, 7);
  const double expected[] = {0, 10, 10, 7.5, 5, 2.5, 0, 0};
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(values[i], expected[i], 1e-12) << i;
}

TEST(Timeline, RampsOnSeveralPathsAtOnce) {
  Parameters parameters(table());
  Timeline timeline({{0, pace, 4.0, 4}, {1, temperature, 16.0, 2}, {2, "model.layer1.router.temperature", 4.0, 2}});
  for (int step = 0; step <= 3; ++step) timeline.advance(step, parameters);
  EXPECT_EQ(parameters.real(pace), 3);
  EXPECT_EQ(parameters.real(temperature), 16);
  EXPECT_NEAR(parameters.real("model.layer1.router.temperature"), 2, 1e-12)
      << "from 1, what the layer had from its base before step 2, to 4: doubled at each step";
}

TEST(Timeline, SaysWhatBeganAndWhetherAnythingChanged) {
  Parameters parameters(table());
  const std::vector<Intervention> all = {{1, pace, 5.0, 0}, {1, temperature, 2.0, 3}, {3, batch, std::int64_t{128}, 0}};
  Timeline timeline(all);
  auto due = timeline.advance(0, parameters);
  EXPECT_FALSE(due.changed);
  EXPECT_TRUE(due.started.empty());
  due = timeline.advance(1, parameters);
  EXPECT_TRUE(due.changed);
  EXPECT_EQ(due.started, (std::vector<Intervention>{all[0], all[1]}));
  EXPECT_TRUE(timeline.ramping(temperature));
  due = timeline.advance(2, parameters);
  EXPECT_TRUE(due.changed) << "the ramp";
  EXPECT_TRUE(due.started.empty());
  timeline.advance(3, parameters);
  timeline.advance(4, parameters);
  EXPECT_FALSE(timeline.ramping(temperature));
  EXPECT_FALSE(timeline.advance(5, parameters).changed);
  EXPECT_EQ(timeline.interventions(), all) << "what happened stays";
}

TEST(Timeline, APersonOverrides) {
  Parameters parameters(table());
  Timeline timeline({{0, pace, 100.0, 10}, {3, pace, 50.0, 0}, {3, temperature, 2.0, 0}, {6, pace, 9.0, 0}});
  for (int step = 0; step < 3; ++step) timeline.advance(step, parameters);
  EXPECT_TRUE(timeline.planned_at(3, pace));
  ASSERT_TRUE(parameters.set(pace, 1.0).empty());
  timeline.set(3, pace, 1.0);
  EXPECT_FALSE(timeline.ramping(pace));
  EXPECT_FALSE(timeline.planned_at(3, pace)) << "replaced";
  ASSERT_TRUE(parameters.set(pace, 2.0).empty());
  timeline.set(3, pace, 2.0);
  EXPECT_EQ(timeline.interventions(),
            (std::vector<Intervention>{
                {0, pace, 100.0, 10}, {3, pace, 2.0, 0}, {3, temperature, 2.0, 0}, {6, pace, 9.0, 0}}));
  timeline.advance(3, parameters);
  EXPECT_EQ(parameters.real(pace), 2);
  EXPECT_EQ(parameters.real(temperature), 2);
  for (int step = 4; step <= 6; ++step) timeline.advance(step, parameters);
  EXPECT_EQ(parameters.real(pace), 9) << "the schedule goes on";
}

TEST(Timeline, ReplacingWhatIsPlanned) {
  Parameters parameters(table());
  Timeline timeline({{0, pace, 100.0, 10}, {2, temperature, 2.0, 0}, {8, temperature, 3.0, 0}});
  for (int step = 0; step < 3; ++step) timeline.advance(step, parameters);
  timeline.set(3, batch, std::int64_t{5});
  timeline.replace_planned({{3, batch, std::int64_t{6}, 0}, {4, temperature, 7.0, 0}});
  EXPECT_EQ(
      timeline.interventions(),
      (std::vector<Intervention>{
          {0, pace, 100.0, 10}, {2, temperature, 2.0, 0}, {3, batch, std::int64_t{6}, 0}, {4, temperature, 7.0, 0}}));
  for (int step = 3; step <= 8; ++step) timeline.advance(step, parameters);
  EXPECT_EQ(parameters.integer(batch), 6);
  EXPECT_EQ(parameters.real(temperature), 7);
  EXPECT_EQ(parameters.real(pace), 80) << "the ramp under way goes on";
}

TEST(Timeline, ReplayingGivesTheSameCourse) {
  // What a person did is a schedule the next time.
  Parameters live(table()), replayed(table());
  Timeline timeline({{1, temperature, 16.0, 8}, {5, pace, 3.0, 2}});
  std::vector<Parameters> lived;
  for (int step = 0; step < 12; ++step) {
    if (step == 4) {
      ASSERT_TRUE(live.set(temperature, 0.3).empty());
      timeline.set(4, temperature, 0.3);
    }
    if (step == 5) {
      ASSERT_TRUE(live.set(pace, 11.0).empty());
      timeline.set(5, pace, 11.0);
    }
    timeline.advance(step, live);
    lived.push_back(live);
  }
  Timeline again(timeline.interventions());
  for (int step = 0; step < 12; ++step) {
    again.advance(step, replayed);
    EXPECT_TRUE(replayed == lived[static_cast<std::size_t>(step)]) << step;
  }
}

TEST(Timeline, GoesOnAfterARestore) {
  const std::vector<Intervention> all = {{1, temperature, 16.0, 8}, {4, pace, 3.0, 0}, {6, batch, std::int64_t{4}, 0}};
  Parameters parameters(table());
  Timeline timeline(all);
  for (int step = 0; step < 4; ++step) timeline.advance(step, parameters);
  Parameters saved = parameters;
  Timeline restored(timeline.interventions(), timeline.ramps(), 4);
  for (int step = 4; step < 12; ++step) {
    timeline.advance(step, parameters);
    restored.advance(step, saved);
    EXPECT_TRUE(saved == parameters) << step;
  }
}

// The definition: step by step. A ramp that another one ends, one under way at the end, integers, a change at step 0.
TEST(Timeline, WhatIsInForceAtAnyStep) {
  const std::vector<Intervention> changes = {
      {0, pace, 3.0, 0},        {1, temperature, 16.0, 8}, {2, batch, std::int64_t{1024}, 6},
      {5, temperature, 0.5, 3}, {7, jitter, 0.9, 1000},    {9, pace, 7.0, 0}};
  const Parameters start(table());
  Parameters stepped = start;
  Timeline timeline(changes);
  for (int step = 0; step <= 20; ++step) {
    timeline.advance(step, stepped);
    const Parameters found = in_force(start, changes, step);
    for (const char* path : {temperature, jitter, batch, pace}) {
      EXPECT_EQ(found.get(path), stepped.get(path)) << path << " at step " << step;
    }
  }
}

}  // namespace
}  // namespace tessera::test
