// Rules that combine gradients: torchjd's reference values, and what each rule promises, by brute force.
#include "core/learn/combine_gradients.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tessera {
namespace {

const std::vector<std::string> rules = {"mean", "pcgrad", "mgda", "cagrad", "aligned_mtl", "imtl_g", "upgrad"};

at::Tensor rows(std::vector<double> values, std::int64_t tasks) {
  return at::tensor(at::ArrayRef<double>(values), at::kDouble).view({tasks, -1});
}

at::Tensor weights(const std::string& rule, const at::Tensor& j, std::uint64_t seed = 1) {
  return combination_weights(rule, at::mm(j, j.t()), seed);
}

at::Tensor combined(const std::string& rule, const at::Tensor& j) { return at::mv(j.t(), weights(rule, j)); }

at::Tensor random_rows(std::int64_t tasks, std::uint64_t seed) {
  return at::randn({tasks, 6}, at::detail::createCPUGenerator(seed), at::kDouble);
}

at::Tensor random_simplex(std::int64_t points, std::int64_t tasks) {
  const at::Tensor drawn = -at::rand({points, tasks}, at::detail::createCPUGenerator(9), at::kDouble).log();
  return drawn / drawn.sum(1, true);
}

void expect_near(const at::Tensor& got, const std::vector<double>& expected, double tolerance, const char* what) {
  ASSERT_EQ(got.size(0), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(got[static_cast<std::int64_t>(i)].item<double>(), expected[i], tolerance) << what << " " << i;
  }
}

TEST(CombineGradients, AgreesWithTorchjd) {
  const at::Tensor j = rows({-4, 1, 1, 6, 1, 1}, 2);
  const double printed = 6e-5;
  expect_near(2 * combined("pcgrad", j), {.5848, 3.8012, 3.8012}, printed, "pcgrad");  // which adds up
  expect_near(combined("mgda", j), {0, 1, 1}, printed, "mgda");
  expect_near(combined("cagrad", j), {.1835, 1.2041, 1.2041}, printed, "cagrad");
  expect_near(combined("aligned_mtl", j), {.2133, .9673, .9673}, printed, "aligned_mtl");
  expect_near(combined("imtl_g", j), {.0767, 1, 1}, printed, "imtl_g");
  // torchjd adds 1e-4 to the diagonal of its Gram matrix, which is scaled to a trace of 1.
  expect_near(combined("upgrad", j), {.2929, 1.9004, 1.9004}, 1e-3, "upgrad");
  const at::Tensor other = rows({1, 0, -1, 1}, 2);
  expect_near(2 * combined("pcgrad", other), {.5, 1.5}, 1e-12, "pcgrad");
  expect_near(combined("mgda", other), {.2, .4}, 1e-9, "mgda");
}

TEST(CombineGradients, Mean) {
  const at::Tensor j = rows({1, 2, 3, -4, 5, 6}, 3);
  expect_near(combined("mean", j), {3, 4. / 3}, 1e-12, "mean");
}

TEST(CombineGradients, PcgradProjectsOnTheNormalPlane) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const at::Tensor j = random_rows(2, seed), a = j[0], b = j[1];
    at::Tensor expected = a + b;
    const double dot = a.dot(b).item<double>();
    if (dot < 0) expected = expected - dot / b.dot(b) * b - dot / a.dot(a) * a;
    EXPECT_TRUE(at::allclose(combined("pcgrad", j), expected / 2, 1e-10, 1e-10)) << seed;
  }
}

TEST(CombineGradients, PcgradDrawsTheOrderFromTheSeed) {
  const at::Tensor j = rows({1, 0, 0, -1, .5, 0, -1, -.4, .3}, 3);
  EXPECT_TRUE(at::equal(weights("pcgrad", j, 1), weights("pcgrad", j, 1)));
  bool differs = false;
  for (std::uint64_t seed = 2; seed < 30; ++seed) {
    differs = differs || !at::allclose(weights("pcgrad", j, 1), weights("pcgrad", j, seed), 1e-9, 1e-9);
  }
  EXPECT_TRUE(differs);
}

TEST(CombineGradients, MgdaIsTheShortestConvexCombination) {
  for (std::int64_t tasks = 2; tasks <= 5; ++tasks) {
    const at::Tensor points = random_simplex(20000, tasks);
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const at::Tensor j = random_rows(tasks, 100 + seed), w = weights("mgda", j);
      EXPECT_NEAR(w.sum().item<double>(), 1, 1e-9);
      EXPECT_GE(w.min().item<double>(), 0);
      const at::Tensor shortest = combined("mgda", j);
      const double least = at::mm(points, j).norm(2, {1}).min().item<double>();
      EXPECT_LE(shortest.norm().item<double>(), least + 1e-9);
      // And so it hurts no task: g_i . d >= |d|^2.
      EXPECT_GE(at::mv(j, shortest).min().item<double>(), shortest.dot(shortest).item<double>() - 1e-8);
    }
  }
}

TEST(CombineGradients, CagradServesTheWorstTaskBestNearTheMean) {
  for (std::int64_t tasks = 2; tasks <= 5; ++tasks) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const at::Tensor j = random_rows(tasks, 200 + seed), mean = j.mean(0), d = combined("cagrad", j);
      const double radius = 0.5 * mean.norm().item<double>();
      EXPECT_LE((d - mean).norm().item<double>(), radius + 1e-9);
      at::Tensor steps = at::randn({20000, 6}, at::detail::createCPUGenerator(3), at::kDouble);
      steps = mean + radius * steps / steps.norm(2, {1}, true);
      const double best_of_others = std::get<0>(at::mm(steps, j.t()).min(1)).max().item<double>();
      EXPECT_GE(at::mv(j, d).min().item<double>(), best_of_others - 1e-6) << tasks << " " << seed;
    }
  }
}

TEST(CombineGradients, AlignedGradientsAreOrthogonalAndEquallyLong) {
  for (std::int64_t tasks = 2; tasks <= 5; ++tasks) {
    const at::Tensor j = random_rows(tasks, 300 + static_cast<std::uint64_t>(tasks));
    const auto [u, s, v] = at::linalg_svd(j, false);
    const at::Tensor expected = at::mm(u, v).mean(0) * s.min();
    EXPECT_TRUE(at::allclose(combined("aligned_mtl", j), expected, 1e-8, 1e-8));
  }
}

TEST(CombineGradients, ImtlProjectsEquallyOnAllDirections) {
  for (std::int64_t tasks = 2; tasks <= 5; ++tasks) {
    const at::Tensor j = random_rows(tasks, 400 + static_cast<std::uint64_t>(tasks));
    const at::Tensor on_units = at::mv(j, combined("imtl_g", j)) / j.norm(2, {1});
    EXPECT_LT((on_units.max() - on_units.min()).item<double>(), 1e-9);
    EXPECT_NEAR(weights("imtl_g", j).sum().item<double>(), 1, 1e-9);
  }
}

TEST(CombineGradients, UpgradIsTheMeanOfTheNearestHarmlessDirections) {
  for (std::int64_t tasks = 2; tasks <= 5; ++tasks) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const at::Tensor j = random_rows(tasks, 500 + seed), d = combined("upgrad", j);
      EXPECT_GE(at::mv(j, d).min().item<double>(), -1e-8) << tasks << " " << seed;
      if (tasks != 2) continue;
      const at::Tensor a = j[0], b = j[1];
      const double dot = std::min(a.dot(b).item<double>(), 0.);
      const at::Tensor expected = ((a - dot / b.dot(b) * b) + (b - dot / a.dot(a) * a)) / 2;
      EXPECT_TRUE(at::allclose(d, expected, 1e-8, 1e-8));
    }
  }
}

TEST(CombineGradients, DoNotDependOnTheOrderOfTasks) {
  const at::Tensor j = random_rows(4, 7), order = at::tensor({2, 0, 3, 1}, at::kLong);
  for (const std::string& rule : rules) {
    if (rule == "pcgrad") continue;  // its order is drawn
    EXPECT_TRUE(at::allclose(combined(rule, j), combined(rule, j.index_select(0, order)), 1e-6, 1e-6)) << rule;
  }
}

// A task that has nothing to say takes part in averages only.
TEST(CombineGradients, AGradientOfZeroHasNoSay) {
  const at::Tensor j = rows({1, 1, 2, -1}, 2), with_zero = rows({1, 1, 0, 0, 2, -1}, 3);
  for (const std::string& rule : rules) {
    const at::Tensor without = combined(rule, j), with = combined(rule, with_zero);
    const bool average = rule != "mgda" && rule != "imtl_g";  // over the number of tasks
    EXPECT_TRUE(at::allclose(with, average ? without * 2 / 3 : without, 1e-6, 1e-6)) << rule;
  }
}

TEST(CombineGradients, OpposedGradientsOfUnequalLengthCancelOrGiveNothing) {
  const at::Tensor j = rows({1, 0, -2, 0}, 2);
  for (const std::string rule : {"mgda", "imtl_g", "pcgrad", "upgrad"}) {
    EXPECT_LT(combined(rule, j).abs().max().item<double>(), 1e-9) << rule;
  }
}

// Equal projections that are all negative are no answer, and three directions in a plane have none at all.
TEST(CombineGradients, ImtlNeverGoesUphillForAll) {
  const at::Tensor short_one = rows({1, 0, 0, 0, 1, 0, .07, .07, .0141}, 3), plane = rows({1, 0, 0, 1, 1, 1}, 3);
  EXPECT_EQ(combined("imtl_g", short_one).abs().max().item<double>(), 0);
  EXPECT_EQ(combined("imtl_g", plane).abs().max().item<double>(), 0);
}

TEST(CombineGradients, SixteenTasksAreServedAsWell) {
  const at::Tensor j = at::randn({16, 40}, at::detail::createCPUGenerator(7), at::kDouble), mean = j.mean(0);
  const double radius = 0.5 * mean.norm().item<double>();
  const at::Tensor d = combined("cagrad", j);
  EXPECT_LE((d - mean).norm().item<double>(), radius + 1e-9);
  // Weak duality: no direction in the ball serves its worst task better than g_w . g_0 + R |g_w|, for any w.
  const double worst = at::mv(j, d).min().item<double>();
  const at::Tensor w = (weights("cagrad", j) - 1. / 16), convex = w / w.sum(), g = at::mv(j.t(), convex);
  EXPECT_NEAR(worst, (g.dot(mean) + radius * g.norm()).item<double>(), 1e-6);
}

TEST(CombineGradients, EdgesHaveAnswers) {
  const at::Tensor g = rows({1, -2, 3}, 1), zero = at::zeros({3, 4}, at::kDouble);
  for (const std::string& rule : rules) {
    const at::Tensor alone = combined(rule, g);
    if (rule == "cagrad") {
      EXPECT_TRUE(at::allclose(alone, 1.5 * g[0], 1e-9, 1e-9));  // g_0 + c g_0
    } else {
      EXPECT_TRUE(at::allclose(alone, g[0], 1e-9, 1e-9)) << rule;
    }
    EXPECT_TRUE(weights(rule, zero).isfinite().all().item<bool>()) << rule;
    EXPECT_EQ(combined(rule, zero).abs().sum().item<double>(), 0) << rule;
    const at::Tensor opposed = rows({1, 2, -1, -2}, 2), parallel = rows({1, 2, 2, 4}, 2);
    EXPECT_LT(combined(rule, opposed).abs().sum().item<double>(), 1e-9) << rule;
    const at::Tensor along = combined(rule, parallel);
    EXPECT_NEAR((along[1] - 2 * along[0]).item<double>(), 0, 1e-9) << rule;
    EXPECT_GT(along[0].item<double>(), 0) << rule;
    at::Tensor broken = at::eye(2, at::kDouble);
    broken[0][1] = std::nan("");
    EXPECT_TRUE(combination_weights(rule, broken, 1).isnan().all().item<bool>()) << rule;
  }
  EXPECT_THROW(combination_weights("best", at::eye(2, at::kDouble), 1), std::invalid_argument);
}

}  // namespace
}  // namespace tessera
