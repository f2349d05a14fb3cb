// Changes to what is planned: what is submitted, and what is refused with which words.
#include "app/panels/plan.h"

#include <gtest/gtest.h>

#include "core/experiment.h"

namespace tessera {
namespace {

constexpr const char* temperature = "model.router.temperature";

Snapshot run_at(std::int64_t step, std::vector<Intervention> timeline) {
  Snapshot s;
  s.state = State::paused;
  s.step = step;
  s.preset = std::make_shared<const Preset>(experiment_parameters());
  s.parameters = std::make_shared<const Parameters>(s.preset->parameters);
  s.timeline = std::make_shared<const std::vector<Intervention>>(std::move(timeline));
  return s;
}

Intervention change(std::int64_t step, double value, std::int64_t ramp = 0) { return {step, temperature, value, ramp}; }

std::string refused(const Result<std::vector<Intervention>>& plan) {
  return plan ? std::string() : plan.problems.front().text();
}

TEST(Plan, AddsMovesEditsAndDeletes) {
  const Snapshot now = run_at(100, {change(10, 2), change(200, 0.5, 20), change(300, 0.25)});
  const auto added = replanned(now, *now.timeline, {}, change(250, 4.0), {});
  ASSERT_TRUE(added) << refused(added);
  EXPECT_EQ(*added.value, (std::vector{change(200, 0.5, 20), change(250, 4.0), change(300, 0.25)}));
  const auto moved = replanned(now, *now.timeline, change(200, 0.5, 20), change(400, 0.5, 20), {});
  ASSERT_TRUE(moved) << refused(moved);
  EXPECT_EQ(*moved.value, (std::vector{change(300, 0.25), change(400, 0.5, 20)}));
  const auto edited = replanned(now, *now.timeline, change(300, 0.25), change(300, 0.125, 7), {});
  ASSERT_TRUE(edited) << refused(edited);
  EXPECT_EQ(*edited.value, (std::vector{change(200, 0.5, 20), change(300, 0.125, 7)}));
  const auto deleted = replanned(now, *now.timeline, change(200, 0.5, 20), {}, {});
  ASSERT_TRUE(deleted) << refused(deleted);
  EXPECT_EQ(*deleted.value, std::vector{change(300, 0.25)});
}

TEST(Plan, WhatActsWithTheNextStepStays) {
  const Snapshot now = run_at(100, {change(100, 2), change(300, 0.25)});
  const auto deleted = replanned(now, *now.timeline, change(300, 0.25), {}, {});
  ASSERT_TRUE(deleted);
  EXPECT_EQ(*deleted.value, std::vector{change(100, 2)});
  EXPECT_NE(refused(replanned(now, *now.timeline, change(100, 2), {}, {})), "");
  EXPECT_NE(why_fixed(change(100, 2), 100), "");
  EXPECT_NE(why_fixed(change(99, 2), 100), why_fixed(change(100, 2), 100));
  EXPECT_EQ(why_fixed(change(101, 2), 100), "");
}

TEST(Plan, RefusesThePastAndWhatIsThereAlready) {
  const Snapshot now = run_at(100, {change(10, 2), change(300, 0.25)});
  EXPECT_NE(refused(replanned(now, *now.timeline, {}, change(100, 1), {})).find("101"), std::string::npos);
  EXPECT_NE(refused(replanned(now, *now.timeline, change(10, 2), {}, {})).find("past"), std::string::npos);
  EXPECT_NE(refused(replanned(now, *now.timeline, {}, change(300, 1), {})).find("already"), std::string::npos);
  EXPECT_NE(refused(replanned(now, *now.timeline, change(250, 9), change(260, 9), {})).find("no longer"),
            std::string::npos);
  EXPECT_TRUE(replanned(now, *now.timeline, {}, change(101, 1), {}));
  // A mark put where it was is no clash with itself.
  EXPECT_TRUE(replanned(now, *now.timeline, change(300, 0.25), change(300, 0.5), {}));
}

TEST(Plan, RefusesWhatTheParameterOrTheCombinationDoes) {
  const Snapshot now = run_at(5, {change(300, 0.25)});
  EXPECT_NE(refused(replanned(now, *now.timeline, {}, change(50, -1), {})).find(temperature), std::string::npos);
  EXPECT_NE(refused(replanned(now, *now.timeline, {}, Intervention{50, "model.depth", std::int64_t{2}}, {})), "");
  EXPECT_NE(refused(replanned(now, *now.timeline, {}, Intervention{50, "no.such", 1.0}, {})), "");
  const CombinationCheck check = [](const Parameters& parameters) {
    return parameters.real(temperature) > 3 ? std::vector<Problem>{{temperature, "too hot", ""}}
                                            : std::vector<Problem>{};
  };
  EXPECT_NE(refused(replanned(now, *now.timeline, {}, change(50, 4), check)).find("too hot"), std::string::npos);
  EXPECT_TRUE(replanned(now, *now.timeline, {}, change(50, 2), check));
}

TEST(Plan, WhatWasSubmittedIsBuiltOnUntilItIsAnswered) {
  Snapshot now = run_at(100, {change(10, 2), change(200, 1), change(300, 3), change(400, 4)});
  now.run = 1;
  now.answered = 6;
  SubmittedPlan plan;
  EXPECT_EQ(plan.timeline(now), now.timeline);
  plan.submitted(now, 8, *replanned(now, *plan.timeline(now), change(200, 1), {}, {}).value);
  EXPECT_EQ(*plan.timeline(now), (std::vector{change(10, 2), change(300, 3), change(400, 4)}));
  EXPECT_EQ(plan.timeline(now), plan.timeline(now)) << "the same pointer";
  // A second deletion doesn't bring the first back, nor does an answer to something else.
  now.answered = 7;
  plan.submitted(now, 9, *replanned(now, *plan.timeline(now), change(300, 3), {}, {}).value);
  EXPECT_EQ(*plan.timeline(now), (std::vector{change(10, 2), change(400, 4)}));
  now.answered = 8;
  EXPECT_EQ(*plan.timeline(now), (std::vector{change(10, 2), change(400, 4)}));
  now.answered = 9;
  EXPECT_EQ(plan.timeline(now), now.timeline) << "refused, it may be: what counts is what the run says";
}

TEST(Plan, WhatWasSubmittedGrowsOldWithTheRun) {
  Snapshot now = run_at(100, {change(10, 2), change(101, 1), change(300, 3)});
  now.run = 1;
  SubmittedPlan plan;
  plan.submitted(now, 1, {change(101, 1), change(102, 5), change(300, 4)});
  now.step = 102;  // what was planned for step 101 has happened; that for step 102 may be too late
  EXPECT_EQ(*plan.timeline(now), (std::vector{change(10, 2), change(101, 1), change(102, 5), change(300, 4)}));
  const auto next = replanned(now, *plan.timeline(now), change(300, 4), {}, {});
  ASSERT_TRUE(next) << refused(next);
  EXPECT_EQ(*next.value, std::vector{change(102, 5)});
  now.step = 103;
  EXPECT_EQ(*plan.timeline(now), (std::vector{change(10, 2), change(101, 1), change(300, 4)}));
  now.run = 2;
  EXPECT_EQ(plan.timeline(now), now.timeline) << "another run's";
}

TEST(Plan, AProposedStepIsSomeWayAhead) {
  Snapshot now = run_at(137, {});
  now.steps = 1000;
  EXPECT_EQ(proposed_step(now), 200);  // 5 % are 50
  now.steps_per_s = 90;
  EXPECT_EQ(proposed_step(now), 300);  // a second is 100, rounded
  now.step = 960;
  EXPECT_EQ(proposed_step(now), 999);  // the last that is computed
  now.step = 1000;
  EXPECT_EQ(proposed_step(now), 1001);
  now.steps = 0;  // without end
  EXPECT_EQ(proposed_step(now), 1200);
  now.steps_per_s = 0;
  EXPECT_GT(proposed_step(now), now.step);
}

TEST(Plan, ARowForEachParameterAndLayer) {
  const std::vector<Intervention> timeline = {{5, temperature, 2.0},
                                              {7, "model.layer2.router.temperature", 1.0},
                                              {9, "run.pace", 10.0},
                                              {20, temperature, 1.0}};
  const auto rows = timeline_rows(timeline, experiment_parameters());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].changes, (std::vector<std::size_t>{0, 3}));
  EXPECT_EQ(rows[1].changes, std::vector<std::size_t>{1});
  EXPECT_EQ(rows[1].label, rows[0].label + " of layer 2");
  EXPECT_EQ(rows[2].path, "run.pace");
}

TEST(Plan, DistancesOfLabelsAreRound) {
  EXPECT_EQ(round_distance(0), 1);
  EXPECT_EQ(round_distance(0.3), 1);
  EXPECT_EQ(round_distance(1.1), 2);
  EXPECT_EQ(round_distance(5), 5);
  EXPECT_EQ(round_distance(5.1), 10);
  EXPECT_EQ(round_distance(130), 200);
  EXPECT_EQ(round_distance(4e8), 500'000'000);
}

}  // namespace
}  // namespace tessera
