// Sums over several steps: the loop by hand and the ATen calls against a count by brute force.
#include "core/measure/routing_window.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace tessera {
namespace {

constexpr int T = 40, E = 6, C = 5;

struct Batch {
  at::Tensor alpha, labels;
};
Batch random_batch(std::uint64_t seed, at::ScalarType type) {
  auto generator = at::detail::createCPUGenerator(seed);
  at::Tensor alpha = at::rand({T, E}, generator, at::kDouble);
  alpha = alpha.masked_fill(alpha < 0.6, 0).to(type);
  alpha.select(1, 4).zero_();  // a dead expert
  return {alpha, at::randint(0, C, {T}, generator, at::kLong)};
}

class RoutingWindowTest : public testing::TestWithParam<std::pair<bool, at::ScalarType>> {};

TEST_P(RoutingWindowTest, CountsAsByBruteForce) {
  const auto [by_aten, type] = GetParam();
  RoutingWindow window(E, C, at::kCPU);
  double load[E] = {}, routed[E][C] = {}, together[E][E] = {};
  for (std::uint64_t seed : {1, 2, 3}) {
    const Batch batch = random_batch(seed, type);
    by_aten ? window.add_by_aten(batch.alpha, batch.labels) : window.add(batch.alpha, batch.labels);
    for (int t = 0; t < T; ++t) {
      const auto label = batch.labels[t].item<std::int64_t>();
      for (int i = 0; i < E; ++i) {
        const double a = batch.alpha[t][i].item<double>();
        load[i] += a != 0 ? 1 : 0;
        routed[i][label] += a;
        for (int j = 0; j < E; ++j) together[i][j] += a != 0 && batch.alpha[t][j].item<double>() != 0 ? 1 : 0;
      }
    }
  }
  for (int i = 0; i < E; ++i) {
    EXPECT_EQ(window.load.now[i].item<double>(), load[i]);
    for (int c = 0; c < C; ++c) EXPECT_NEAR(window.routed.now[i][c].item<double>(), routed[i][c], 1e-12);
    for (int j = 0; j < E; ++j) EXPECT_EQ(window.together.now[i][j].item<double>(), together[i][j]);
  }
  EXPECT_EQ(window.load.now[4].item<double>(), 0);
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
