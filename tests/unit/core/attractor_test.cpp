// Experts that become alike: formulas by hand and against another implementation's figures, gradients in closed form.
#include "core/learn/attractor.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/engine.h"
#include "core/measure/formulas.h"
#include "core/tasks/sequence.h"
#include "tests/unit/core/record.h"
#include "tests/unit/core/small_sequence.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

at::Tensor rows(at::ArrayRef<double> values, std::int64_t columns) {
  return at::tensor(values, at::kDouble).view({-1, columns});
}

TEST(AttractorFormulas, CkaIsTheReferenceValue) {  // SCIENCE 6
  const at::Tensor x = rows({1, 2, 3, 4, 5, 7, 2, 1}, 2), y = rows({1, 0, 0, 1, 2, 2, 1, 1}, 2);
  const at::Tensor pairs = cka_pairs({x, y, 3 * x + 5, at::ones({4, 3}, at::kDouble)});
  EXPECT_NEAR(pairs[0][1].item<double>(), .5927046887, 1e-10);
  EXPECT_NEAR(pairs[2][1].item<double>(), .5927046887, 1e-10);  // neither scale nor place count
  EXPECT_NEAR(pairs[0][2].item<double>(), 1, 1e-12);
  EXPECT_TRUE(std::isnan(pairs[0][3].item<double>()));  // it doesn't vary
}

TEST(AttractorFormulas, CosinesByHand) {
  const at::Tensor pairs = pair_cosines({at::tensor({3., 4.}), at::tensor({4., -3.}), at::tensor({6., 8.}),
                                         at::tensor({1., 2., 3.}), at::tensor({0., 0.})});
  EXPECT_NEAR(pairs[0][1].item<double>(), 0, 1e-15);
  EXPECT_NEAR(pairs[0][2].item<double>(), 1, 1e-15);
  EXPECT_TRUE(std::isnan(pairs[0][3].item<double>()));
  EXPECT_TRUE(std::isnan(pairs[0][4].item<double>()));
}

TEST(AttractorFormulas, EffectiveRankByHand) {
  EXPECT_NEAR(effective_rank(at::ones({4, 4}, at::kDouble)), 1, 1e-6);
  EXPECT_NEAR(effective_rank(at::eye(4, at::kDouble)), 4, 1e-12);
  // Two alike and one apart: singular values sqrt(2), 1, 0.
  const double p = std::sqrt(2) / (1 + std::sqrt(2));
  EXPECT_NEAR(effective_rank(rows({1, 1, 0, 1, 1, 0, 0, 0, 1}, 3)),
              std::exp(-p * std::log(p) - (1 - p) * std::log(1 - p)), 1e-6);
}

TEST(AttractorFormulas, KurtosisByHand) {
  EXPECT_NEAR(excess_kurtosis({rows({-1, 1, 1, -1}, 1)}), -2, 1e-12);                  // two values
  EXPECT_NEAR(excess_kurtosis({rows({-2, 0, 0, 0, 0, 0, 0, 2}, 1)}), 1, 1e-12);        // m4 = 4, m2 = 1
  EXPECT_NEAR(excess_kurtosis({rows({-1, 5, 1, 5}, 2), rows({3, 3}, 1)}), -2, 1e-12);  // what doesn't vary is left out
  EXPECT_TRUE(std::isnan(excess_kurtosis({at::ones({4, 2}, at::kDouble)})));
}

// Weights of eleven men, by Python's math.erfc.
TEST(AttractorFormulas, AndersonDarlingIsTheReferenceValue) {
  EXPECT_NEAR(anderson_darling(at::tensor({148., 154., 158., 160., 161., 162., 166., 170., 182., 195., 236.})),
              0.9467718795988862, 1e-12);
}

TEST(AttractorFormulas, TheTestTellsGaussiansFromOthers) {
  auto generator = at::detail::createCPUGenerator(3);
  const at::Tensor normal = at::randn({400, 200}, generator, at::kDouble) * 3 + 7;
  const double rejected = non_gaussian_share({normal});
  EXPECT_GT(rejected, 0.005);  // the level is 5 per cent
  EXPECT_LT(rejected, 0.12);
  EXPECT_GT(non_gaussian_share({at::rand({400, 50}, generator, at::kDouble)}), 0.99);
}

TEST(SimilarityTrend, FollowsALineAndTellsWhereItTurns) {
  SimilarityTrend trend;
  int turns = 0;
  double epoch = 0;
  for (int i = 0; i < 10; ++i, epoch += 0.5) {
    trend.add(epoch, 0.2 + 0.1 * epoch);
    turns += trend.turned();
  }
  EXPECT_NEAR(trend.slope(), 0.1, 1e-9);
  EXPECT_NEAR(trend.task_slope(), 0.1, 1e-9);
  EXPECT_EQ(turns, 0);
  for (int i = 0; i < 10; ++i, epoch += 0.5) {
    trend.add(epoch, 1.2 - 0.3 * epoch / 3);
    turns += trend.turned();
  }
  EXPECT_EQ(turns, 1);
  EXPECT_NEAR(trend.slope(), -0.1, 1e-9);
  trend.begin_task();
  EXPECT_FALSE(trend.turned());
  EXPECT_TRUE(std::isnan(trend.slope()));
  trend.add(0, 1);
  trend.add(1, 1.5);
  EXPECT_TRUE(std::isnan(trend.slope()));  // two points lie on any line
}

TEST(SimilarityTrend, NoiseAloneDoesNotTurnIt) {
  SimilarityTrend trend;
  int turns = 0;
  const double up_and_down[] = {.5, .52, .5, .49, .51, .5, .48, .51, .5, .5, .52, .49};
  for (int i = 0; i < 12; ++i) {
    trend.add(i, up_and_down[i]);
    turns += trend.turned();
  }
  EXPECT_EQ(turns, 0);
}

class AttractorTest : public testing::Test {
 protected:
  AttractorTest() { test::write_data_set(folder_.path, 300, 50); }

  void make(const std::function<void(HeadParameters&)>& adapt, const TileLayout& tiles = {}) {
    ClassificationParameters data;
    data.data_name = "mnist";
    data.data_path = folder_.path.string();
    SequenceParameters sequence;
    sequence.steps = 4;
    task_ = std::make_unique<SequenceTask>(data, sequence, 10, 1, at::kCPU);
    ModelParts parts;
    parts.outline.width = 8;
    parts.outline.depth = 0;
    parts.head.kind = tiles.empty() ? "experts" : "tiles";
    adapt(parts.head);
    parts.live.head = parts.head;
    parts.tiles = tiles;
    model_ = std::make_unique<Model>(parts, task_->outline().inputs, 10, 1, at::TensorOptions(at::kFloat));
  }
  // Those that are looked at: the first 32 of each of ten classes, in an order of its own. There are 30.
  std::vector<std::int64_t> samples_of(const std::vector<int>& classes) const {
    const auto& labels = task_->train_labels();
    std::vector<std::int32_t> order(labels.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
    Random(1, "attractor").shuffle(order);
    std::vector<std::int64_t> some;
    for (const int c : classes) {
      int kept = 0;
      for (const std::int32_t i : order) {
        if (labels[static_cast<std::size_t>(i)] == c && kept < 32) some.push_back(i), ++kept;
      }
    }
    return some;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<SequenceTask> task_;
  std::unique_ptr<Model> model_;
};

// d loss / d W_e = mean of g_e x (p - y)', d loss / d b_e = mean of g_e (p - y).
TEST_F(AttractorTest, GradientsAreThoseInClosedForm) {
  make([](HeadParameters& head) { head.experts.count = 3; });
  task_->advance_to(4);  // two tasks have begun, classes 0 to 3
  for (const char* over : {"all", "seen", "task"}) {
    const AttractorObservation got = Attractor(*model_, *task_, 1).measure(over);
    ASSERT_EQ(got.gradients.sizes(), (std::vector<std::int64_t>{3, 5}));
    EXPECT_TRUE(at::isnan(got.gradients.slice(1, 2)).all().item<bool>());
    for (int t = 0; t < 2; ++t) {
      const Samples samples = task_->pick(samples_of({2 * t, 2 * t + 1}));
      const at::NoGradGuard no_grad;
      const ModelOutput output = model_->forward(samples.inputs, {});
      at::Tensor open = at::ones({10}, at::kBool);
      if (std::string(over) == "seen") open.slice(0, 4).fill_(false);
      if (std::string(over) == "task") open.fill_(false).slice(0, 2 * t, 2 * t + 2).fill_(true);
      const at::Tensor logits = output.logits.to(at::kDouble).masked_fill(~open, -1e300);
      const at::Tensor error = logits.softmax(1) - at::one_hot(samples.targets, 10);
      const at::Tensor x = output.features.to(at::kDouble), g = output.routings[0].alpha.to(at::kDouble);
      for (std::int64_t e = 0; e < 3; ++e) {
        const at::Tensor weighted = error * g.select(1, e).unsqueeze(1) / 60;
        const double square =
            at::mm(x.t(), weighted).square().sum().item<double>() + weighted.sum(0).square().sum().item<double>();
        EXPECT_NEAR(got.gradients[e][t].item<double>(), std::sqrt(square), 1e-5 * std::sqrt(square)) << over << e << t;
      }
    }
  }
}

TEST_F(AttractorTest, RoutedByLabelNoGradientCrosses) {
  make([](HeadParameters& head) { head.route_by_label = true; }, {{0, 1, 2}, {3, 4, 5}, {6, 7, 8, 9}});
  task_->advance_to(8);  // classes 0 to 5
  const at::Tensor gradients = Attractor(*model_, *task_, 1).measure("seen").gradients;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 2; ++j) {
      if (i == j) {
        EXPECT_GT(gradients[i][j].item<double>(), 0);
      } else {
        EXPECT_EQ(gradients[i][j].item<double>(), 0);
      }
    }
    EXPECT_TRUE(std::isnan(gradients[i][2].item<double>()));
  }
}

// The anti-redundancy loss is its coefficient's multiple, and its gradient with it.
TEST_F(AttractorTest, PerturbationGrowsWithItsCoefficient) {
  double odds[3];
  for (int i = 0; i < 3; ++i) {
    make([i](HeadParameters& head) { head.experts.redundancy = i; });
    const double share = Attractor(*model_, *task_, 1).measure("seen").perturbation;
    odds[i] = share / (1 - share);
  }
  EXPECT_EQ(odds[0], 0);
  EXPECT_GT(odds[1], 0);
  EXPECT_NEAR(odds[2] / odds[1], 2, 1e-4);
}

TEST_F(AttractorTest, OutputsAreThoseOfTheExperts) {
  make([](HeadParameters& head) { head.experts.count = 4; });
  const AttractorObservation got = Attractor(*model_, *task_, 1).measure("seen");
  ASSERT_EQ(got.outputs.size(), 4u);
  const Samples samples = task_->pick(samples_of({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));  // of all classes from the start
  const at::NoGradGuard no_grad;
  const ModelOutput output = model_->forward(samples.inputs, {});
  at::Tensor mixed = at::zeros({300, 10}, at::kDouble);
  for (std::int64_t e = 0; e < 4; ++e) {
    mixed += got.outputs[static_cast<std::size_t>(e)] * output.routings[0].alpha.select(1, e).unsqueeze(1);
  }
  EXPECT_TRUE(at::allclose(mixed, output.logits.to(at::kDouble), 1e-4, 1e-5));
}

TEST_F(AttractorTest, IsMeasuredWhenItIsDue) {
  const Preset made = test::small_sequence(folder_.path, {{"model.head.kind", std::string("tiles")},
                                                          {"model.head.route_by_label", true},
                                                          {"learn.continual.freeze_experts", true},
                                                          {"measure.attractor_every", std::int64_t{2}},
                                                          {"model.depth", std::int64_t{0}}});
  const auto engine = make_engine();
  const Description description = engine->build(made);
  test::Record record;
  test::run(*engine, record, 0, 40);
  const auto points = [&](const char* name) { return test::series(record, test::index_of(description, name)); };
  EXPECT_EQ(points("output_cosine/tiles").size(), 20u);
  EXPECT_EQ(points("alignment_slope/tiles").size(), 5u);
  for (const double isolation : points("operator/isolation")) EXPECT_EQ(isolation, 1);
  for (const double freezing : points("operator/freezing")) EXPECT_NEAR(freezing, 0.8, 1e-9);  // one of five learns
  EXPECT_EQ(points("operator/isolation").size(), 16u);  // none in the first task, whose gradients have no other
  EXPECT_THROW(test::index_of(engine->build(test::small_sequence(folder_.path)), "output_cosine/tiles"),
               std::out_of_range);
}

}  // namespace
}  // namespace tessera
