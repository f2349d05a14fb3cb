// Sums over several steps: the loop by hand and the ATen calls against a count by brute force.
#include "core/measure/routing_window.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tessera {
namespace {

constexpr int T = 40, E = 6, C = 5, K = 3, V = 7;

struct Batch {
  at::Tensor alpha;
  TokenLabels labels;
};
Batch random_batch(std::uint64_t seed, at::ScalarType type) {
  auto generator = at::detail::createCPUGenerator(seed);
  at::Tensor alpha = at::rand({T, E}, generator, at::kDouble);
  alpha = alpha.masked_fill(alpha < 0.6, 0).to(type);
  alpha.select(1, 4).zero_();  // a dead expert
  alpha.select(1, 2).neg_();   // weights below 0: by their magnitude
  const auto labels = [&](int count) { return at::randint(0, count, {T}, generator, at::kLong); };
  return {alpha, {labels(C), labels(K), labels(V)}};
}

class RoutingWindowTest : public testing::TestWithParam<std::pair<bool, at::ScalarType>> {};

TEST_P(RoutingWindowTest, CountsAsByBruteForce) {
  const auto [by_aten, type] = GetParam();
  RoutingWindow window(E, {C, K, V}, at::kCPU);
  double load[E] = {}, routed[E][C] = {}, together[E][E] = {}, by_token_class[E][K] = {}, by_id[E][V] = {}, ids[V] = {};
  for (std::uint64_t seed : {1, 2, 3}) {
    const Batch batch = random_batch(seed, type);
    by_aten ? window.add_by_aten(batch.alpha, batch.labels) : window.add(batch.alpha, batch.labels);
    for (int t = 0; t < T; ++t) {
      const auto label = batch.labels.classes[t].item<std::int64_t>();
      const auto token_class = batch.labels.token_classes[t].item<std::int64_t>();
      const auto id = batch.labels.ids[t].item<std::int64_t>();
      ids[id] += 1;
      for (int i = 0; i < E; ++i) {
        const double a = batch.alpha[t][i].item<double>();
        load[i] += a != 0 ? 1 : 0;
        routed[i][label] += std::abs(a);
        by_token_class[i][token_class] += std::abs(a);
        by_id[i][id] += a != 0 ? 1 : 0;
        for (int j = 0; j < E; ++j) together[i][j] += a != 0 && batch.alpha[t][j].item<double>() != 0 ? 1 : 0;
      }
    }
  }
  for (int i = 0; i < E; ++i) {
    EXPECT_EQ(window.load.now[i].item<double>(), load[i]);
    for (int c = 0; c < C; ++c) EXPECT_NEAR(window.routed.now[i][c].item<double>(), routed[i][c], 1e-12);
    for (int j = 0; j < E; ++j) EXPECT_EQ(window.together.now[i][j].item<double>(), together[i][j]);
    for (int k = 0; k < K; ++k) {
      EXPECT_NEAR(window.routed_by_token_class.now[i][k].item<double>(), by_token_class[i][k], 1e-12);
    }
    for (int v = 0; v < V; ++v) EXPECT_EQ(window.chosen_by_id.now[i][v].item<double>(), by_id[i][v]);
  }
  for (int v = 0; v < V; ++v) EXPECT_EQ(window.occurrences.now[v].item<double>(), ids[v]);
  EXPECT_EQ(window.load.now[4].item<double>(), 0);
}

TEST_P(RoutingWindowTest, CountsWithoutLabelsOfTokens) {
  const auto [by_aten, type] = GetParam();
  RoutingWindow window(E, {C}, at::kCPU);
  const Batch batch = random_batch(1, type);
  const TokenLabels labels{batch.labels.classes, {}, {}};
  by_aten ? window.add_by_aten(batch.alpha, labels) : window.add(batch.alpha, labels);
  EXPECT_NEAR(window.routed.now.sum().item<double>(), batch.alpha.abs().sum().item<double>(), 1e-5);
  EXPECT_EQ(window.routed_by_token_class.now.numel() + window.chosen_by_id.now.numel(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, RoutingWindowTest,
                         testing::Values(std::pair(false, at::kFloat), std::pair(false, at::kDouble),
                                         std::pair(true, at::kFloat), std::pair(true, at::kDouble)));

TEST(WindowSum, KeepsTheWindowBefore) {
  WindowSum window(at::zeros({2}, at::kDouble));
  const auto add = [&](double a, double b) { window.now += at::tensor({a, b}, at::kDouble); };
  const auto expect = [&](bool whole, double a, double b) {
    EXPECT_TRUE(at::equal(window.sum(whole), at::tensor({a, b}, at::kDouble))) << window.sum(whole);
  };
  add(1, 2);
  expect(true, 1, 2);
  expect(false, 1, 2);  // there was none before
  window.roll();
  add(10, 20);
  add(10, 0);
  expect(true, 20, 20);
  expect(false, 21, 22);
  window.roll();
  add(100, 0);
  expect(false, 120, 20);
}

}  // namespace
}  // namespace tessera
