// What the subspaces panel and the timeline read out of matrices and series, by hand.
#include "app/panels/subspace_data.h"

#include <gtest/gtest.h>

#include <limits>

#include "app/panels/series_steps.h"
#include "app/panels/timeline_events.h"

namespace tessera {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

Matrix matrix(int rows, int columns, std::vector<float> values, std::int64_t step = 0) {
  return {step, rows, columns, std::move(values)};
}

TEST(Holders, AreTheExpertsThatPickedItTheMostOpenFirst) {
  const Matrix alpha = matrix(3, 2, {0.2f, nan, nan, 0.5f, 0.9f, 0.5f});
  const Matrix shares = matrix(3, 2, {0.005f, 0.3f, 0.3f, 0, 0.695f, 0.7f});
  const auto first = holders_of(alpha, &shares, 0);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].expert, 2);
  EXPECT_EQ(first[0].open, 0.9f);
  ASSERT_EQ(first[0].tasks.size(), 2u);
  EXPECT_EQ(first[0].tasks[0].task, 1);  // 0.7 before 0.695
  EXPECT_EQ(first[1].expert, 0);
  ASSERT_EQ(first[1].tasks.size(), 1u);  // less than a hundredth is left out
  EXPECT_EQ(first[1].tasks[0].share, 0.3f);
  const auto second = holders_of(alpha, nullptr, 1);
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[0].expert, 1);
  EXPECT_TRUE(second[0].tasks.empty());
  EXPECT_TRUE(holders_of(alpha, &shares, 2).empty());
  EXPECT_TRUE(holders_of(alpha, &shares, -1).empty());
}

History history(const std::vector<std::pair<std::int64_t, std::vector<float>>>& frames) {
  History made(2);
  for (const auto& [step, values] : frames) made.append(1, std::make_shared<Matrix>(matrix(2, 2, values, step)));
  return made;
}

TEST(Conflict, OverTimeIsTheMeanOfTheOpposedParts) {
  // Two pairs, two dimensions.
  const History made = history({{0, {-1, 0.5f, 0, -0.5f}}, {10, {-0.5f, 0, -0.5f, 0}}});
  const ConflictMap map = conflict_map(made, 1, 100);
  EXPECT_EQ(map.rows, 2);
  ASSERT_EQ(map.columns, 2);
  EXPECT_EQ(map.values, (std::vector<float>{0.5f, 0.5f, 0.25f, 0}));
  EXPECT_EQ(map.steps, (std::vector<std::int64_t>{0, 10}));
  EXPECT_EQ(map.column_of(9), 0);
  EXPECT_EQ(map.column_of(10), 1);
  EXPECT_EQ(map.column_of(-1), -1);
  EXPECT_EQ(conflict_map(made, 0, 100).columns, 0);  // no frame
  EXPECT_EQ(conflict_map(made, 7, 100).columns, 0);  // no such metric
}

TEST(Conflict, OverTimeHasEvenStretchesOfTheRun) {
  // Early frames are thinned: of four stretches the second has none and shows what was there before.
  const auto level = [](float conflict) { return std::vector<float>{-conflict, 0, -conflict, 0}; };
  const History made = history({{0, level(1)}, {20, level(0.5f)}, {30, level(0)}, {35, level(0.5f)}, {39, level(1)}});
  const ConflictMap map = conflict_map(made, 1, 4);
  EXPECT_EQ(map.steps, (std::vector<std::int64_t>{0, 10, 20, 39}));
  EXPECT_EQ(map.values, (std::vector<float>{1, 1, 0.5f, 0.5f, 0, 0, 0, 0}));
}

TEST(Conflict, OfADimensionIsByPairOfTasks) {
  const CosineHistory made = cosine_history(history({{0, {-1, 0.5f, 0, -0.5f}}, {10, {1, 0.25f, 0, 0}}}), 1, 1);
  EXPECT_EQ(made.steps, (std::vector<double>{0, 10}));
  EXPECT_EQ(made.pairs, (std::vector<std::vector<double>>{{0.5, 0.25}, {-0.5, 0}}));
}

Snapshot with_evictions(const std::vector<std::vector<Point>>& of_layers, std::uint64_t run = 1) {
  Snapshot made;
  made.run = run;
  auto description = std::make_shared<Description>();
  for (std::size_t layer = 0; layer < of_layers.size(); ++layer) {
    MetricSpec spec;
    spec.family = "evictions";
    spec.layer = static_cast<int>(layer);
    description->metrics.push_back(spec);
    description->layer_names.push_back("layer " + std::to_string(layer));
    made.series.emplace_back();
    for (const Point& point : of_layers[layer]) made.series.back().append(point);
  }
  made.description = description;
  return made;
}

TEST(Events, AreTheStepsWithEvictions) {
  TimelineEvents events;
  EXPECT_FALSE(events.any());
  events.update(with_evictions({{{0, 0}, {10, 3}}, {{0, 0}, {10, 0}}}));
  EXPECT_TRUE(events.any());
  events.update(with_evictions({{{0, 0}, {10, 3}, {20, 1}, {1500, 2}}, {{0, 0}, {10, 0}, {20, 0}, {1500, 2000}}}));
  ASSERT_EQ(events.all().size(), 3u);
  EXPECT_EQ(events.text(10), "step 10: 3 evictions in layer 0");
  EXPECT_EQ(events.text(20), "step 20: 1 eviction in layer 0");
  EXPECT_EQ(events.label(), "evictions");
  EXPECT_EQ(events.text(1500), "step 1,500: 2 evictions in layer 0, 2,000 in layer 1");
  EXPECT_EQ(events.nearest(14, 5)->step, 10);
  EXPECT_EQ(events.nearest(16, 5)->step, 20);
  EXPECT_EQ(events.nearest(40, 5), nullptr);
  const auto bars = events.bars(0, 2000, 4);
  ASSERT_EQ(bars.size(), 2u);
  EXPECT_EQ(bars[0].step, 10);
  EXPECT_EQ(bars[1].part, 1);
  EXPECT_FLOAT_EQ(bars[0].part, 3 / 2002.0f);
  events.update(with_evictions({{{0, 0}}}, 2));  // another run
  EXPECT_TRUE(events.any());
  EXPECT_TRUE(events.all().empty());
}

TEST(Events, ArePhaseTransitionsToo) {
  Snapshot both = with_evictions({{{0, 0}, {10, 3}, {150, 2}}, {{0, 0}, {10, 0}, {150, 0}}});
  auto description = std::make_shared<Description>(*both.description);
  MetricSpec spec;
  spec.family = "phase_transitions";
  spec.layer = 2;
  description->metrics.push_back(spec);
  description->layer_names.emplace_back("experts");
  both.description = description;
  both.series.emplace_back();
  for (const Point& point : {Point{100, 0}, Point{120, 1}, Point{150, 1}}) both.series.back().append(point);
  TimelineEvents events;
  events.update(both);
  EXPECT_EQ(events.label(), "events");
  ASSERT_EQ(events.all().size(), 3u);
  EXPECT_EQ(events.text(10), "step 10: 3 evictions in layer 0");
  EXPECT_EQ(events.text(120), "step 120: phase transition in experts");
  EXPECT_EQ(events.text(150), "step 150: 2 evictions in layer 0, phase transition in experts");
  // Alone.
  description = std::make_shared<Description>(*description);
  description->metrics.erase(description->metrics.begin(), description->metrics.begin() + 2);
  both.series.erase(both.series.begin(), both.series.begin() + 2);
  both.description = description;
  both.run = 2;
  events.update(both);
  EXPECT_EQ(events.label(), "phase transitions");
  EXPECT_EQ(events.text(150), "step 150: phase transition in experts");
}

TEST(SeriesSteps, ArePointsAbove0) {
  Series series;
  for (const Point& point : {Point{0, 0}, Point{10, 0}, Point{20, 1}, Point{30, 1}}) series.append(point);
  SeriesSteps above;
  above.update(series, 1);
  EXPECT_EQ(above.steps(), (std::vector<std::int64_t>{20, 30}));
  series.append({40, 2});
  above.update(series, 1);
  EXPECT_EQ(above.steps(), (std::vector<std::int64_t>{20, 30, 40}));
  EXPECT_EQ(nearest_step(above.steps(), 33, 10), 30);
  EXPECT_EQ(nearest_step(above.steps(), 36, 10), 40);
  EXPECT_EQ(nearest_step(above.steps(), 14, 5), -1);
  above.update(Series(), 2);
  EXPECT_TRUE(above.steps().empty());
}

}  // namespace
}  // namespace tessera
