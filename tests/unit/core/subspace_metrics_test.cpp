// Metrics of subspaces in a run: evictions against the dimensions picked, the map of layers by experts, and that a run
// that goes on has the same.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/experiment.h"
#include "core/measure/formulas.h"
#include "tests/unit/core/resumed.h"

namespace tessera {
namespace {

using test::Record;

Preset pair_of_tasks(const std::map<std::string, Value>& changes = {}) {
  Preset made(experiment_parameters());
  std::map<std::string, Value> values = {{"task.kind", std::string("interference")},
                                         {"task.batch_size", std::int64_t{16}},
                                         {"run.device", std::string("cpu")},
                                         {"run.threads", std::int64_t{1}},
                                         {"model.width", std::int64_t{8}},
                                         {"model.depth", std::int64_t{2}},
                                         {"model.experts.kind", std::string("subspace")},
                                         {"model.experts.count", std::int64_t{4}},
                                         {"model.subspaces.backbone", std::int64_t{16}},
                                         {"model.subspaces.alpha.rate", 0.5},
                                         {"measure.scalars_every", std::int64_t{3}},
                                         {"measure.matrices_every", std::int64_t{3}}};
  for (const auto& [path, value] : changes) values[path] = value;
  for (const auto& [path, value] : values) EXPECT_TRUE(made.parameters.set(path, value).empty()) << path;
  return made;
}

std::vector<std::vector<float>> matrices(const Record& record, std::size_t metric) {
  std::vector<std::vector<float>> found;
  for (const auto& entry : record.entries) {
    if (entry.metric == metric) found.push_back(entry.values);
  }
  return found;
}

TEST(SubspaceMetrics, EvictionsAreDimensionsPickedBeforeAndNotNow) {
  const auto engine = make_engine();
  const Description built = engine->build(pair_of_tasks());
  Record record;
  test::run(*engine, record, 0, 40);
  double all = 0;
  for (const std::string layer : {"layer0", "layer1"}) {
    const auto counted = test::series(record, test::index_of(built, "evictions/" + layer));
    const auto alphas = matrices(record, test::index_of(built, "subspace_alpha/" + layer));
    ASSERT_EQ(counted.size(), alphas.size());
    EXPECT_EQ(counted.front(), 0);
    for (std::size_t point = 1; point < counted.size(); ++point) {
      double expected = 0;
      for (std::size_t i = 0; i < alphas[point].size(); ++i) {
        expected += !std::isnan(alphas[point - 1][i]) && std::isnan(alphas[point][i]);
      }
      EXPECT_EQ(counted[point], expected) << layer << " point " << point;
      all += expected;
    }
  }
  EXPECT_GT(all, 0);
}

// Noise picks anew at each step; what an expert holds is what alpha says.
TEST(SubspaceMetrics, GumbelNoiseEvictsNothing) {
  const auto engine = make_engine();
  const Description built = engine->build(
      pair_of_tasks({{"model.subspaces.picking", std::string("gumbel")}, {"model.subspaces.alpha.frozen", true}}));
  Record record;
  test::run(*engine, record, 0, 20);
  for (const double count : test::series(record, test::index_of(built, "evictions/layer0"))) EXPECT_EQ(count, 0);
  const auto overlaps = test::series(record, test::index_of(built, "rank_overlap/layer0"));
  for (const double overlap : overlaps) EXPECT_EQ(overlap, overlaps[0]);
}

// Twelve dimensions, half of them, and twice as many where there are 16.
TEST(SubspaceMetrics, TheRegulatorsAreWhatIsInForce) {
  const auto engine = make_engine();
  const Description built = engine->build(pair_of_tasks({{"learn.regulator.kind", std::string("ucb")},
                                                         {"learn.regulator.every", std::int64_t{3}},
                                                         {"model.subspaces.rank", std::int64_t{12}},
                                                         {"model.subspaces.metabolic", 0.}}));
  Record record;
  test::run(*engine, record, 0, 40);
  const auto of = [&](const std::string& control) {
    return test::series(record, test::index_of(built, "regulator/" + control));
  };
  const auto quotas = of("quota");
  EXPECT_EQ(quotas[0], 0);
  std::set<double> seen(quotas.begin(), quotas.end());
  EXPECT_EQ(seen, (std::set<double>{-1, 0, std::log2(16. / 12)}));
  const auto temperatures = of("temperature");
  EXPECT_EQ(std::set<double>(temperatures.begin(), temperatures.end()), (std::set<double>{-1, 0, 1}));
  for (const double doublings : of("penalty")) EXPECT_EQ(doublings, 0);
  const auto overlaps = test::series(record, test::index_of(built, "rank_overlap/layer0"));
  for (std::size_t i = 0; i < quotas.size(); ++i) EXPECT_EQ(overlaps[i] == 1, quotas[i] > 0);
}

TEST(SubspaceMetrics, ARunThatGoesOnHasTheSame) {
  const Preset made = pair_of_tasks();
  // Between two points.
  EXPECT_TRUE(test::resumed_run(made, 20, 40, 4).entries == test::whole_run(made, 40).entries);
}

// A last point between two regular ones leaves nothing behind in what comes after it.
TEST(SubspaceMetrics, ALastPointIsNotRemembered) {
  const auto whole = make_engine(), ended = make_engine();
  const Description built = whole->build(pair_of_tasks());
  ended->build(pair_of_tasks());
  Record expected, got;
  test::run(*whole, expected, 0, 40);
  test::run(*ended, got, 0, 20, 20);
  test::run(*ended, got, 20, 40);
  const std::size_t metric = test::index_of(built, "evictions/layer0");
  auto regular = test::series(expected, metric), with_end = test::series(got, metric);
  ASSERT_EQ(with_end.size(), regular.size() + 1);
  with_end.erase(with_end.begin() + 7);  // steps 0, 3, ..., 18, and then 19
  EXPECT_EQ(with_end, regular);
}

TEST(SubspaceMetrics, LayersByExpertsHaveTheMeanOfTheOthers) {
  const auto engine = make_engine();
  const Description built = engine->build(pair_of_tasks({{"model.depth", std::int64_t{3}},
                                                         {"model.layer1.experts.count", std::int64_t{2}},
                                                         {"model.layer2.experts.kind", std::string("mlp")}}));
  Record record;
  test::run(*engine, record, 0, 4);
  const std::size_t metric = test::index_of(built, "rank_overlap_by_layer");
  const auto layers = matrices(record, metric).back();
  EXPECT_EQ(record.shapes[metric], std::make_pair(4, 3));
  EXPECT_EQ(built.metrics[metric].axes[0].labels.size(), 4u);
  EXPECT_EQ(built.metrics[metric].axes[1].labels, (std::vector<std::string>{"layer 0", "layer 1", "layer 2"}));
  const auto at = [&](std::size_t expert, std::size_t layer) { return layers[expert * 3 + layer]; };
  for (const std::size_t layer : {0u, 1u}) {
    const auto pairs =
        matrices(record, test::index_of(built, "rank_overlap_pairs/layer" + std::to_string(layer))).back();
    const std::size_t count = layer == 0 ? 4 : 2;
    for (std::size_t i = 0; i < count; ++i) {
      float sum = 0;
      for (std::size_t j = 0; j < count; ++j) sum += i == j ? 0 : pairs[i * count + j];
      EXPECT_NEAR(at(i, layer), sum / static_cast<float>(count - 1), 1e-6f);
    }
  }
  EXPECT_TRUE(std::isnan(at(2, 1)) && std::isnan(at(3, 1)));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(std::isnan(at(i, 2)));

  const auto share = matrices(record, test::index_of(built, "task_share/layer0")).back();
  for (std::size_t task = 0; task < 2; ++task) {
    float sum = 0;
    for (std::size_t i = 0; i < 4; ++i) sum += share[i * 2 + task];
    EXPECT_NEAR(sum, 1, 1e-6f);
  }
}

TEST(SubspaceMetrics, AreThoseWorkedByHand) {
  const auto picks = [](std::initializer_list<int> cells, std::int64_t rows) {
    return at::tensor(std::vector<int>(cells), at::kInt).to(at::kBool).view({rows, -1});
  };
  const at::Tensor before = picks({1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1}, 3);
  const at::Tensor now = picks({1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0}, 3);  // 1; none; 2 and 3
  EXPECT_EQ(evictions(before, now), 3);
  EXPECT_EQ(evictions(before, before), 0);
  // Pairs of `before`: 0 and 1 share one of two, 1 and 2 one of two, 0 and 2 none.
  const at::Tensor expected = at::tensor({.25, .5, .25}, at::kDouble);
  EXPECT_TRUE(at::allclose(rank_overlap_means(before), expected, 0, 1e-15));
  EXPECT_TRUE(rank_overlap_means(before.slice(0, 0, 1)).isnan().all().item<bool>());  // alone
}

}  // namespace
}  // namespace tessera
