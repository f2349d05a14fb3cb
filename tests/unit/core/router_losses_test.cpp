// Auxiliary losses: golden values, and gradients by finite differences.
#include "core/moe/router_losses.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "kernels/dispatch/op.h"
#include "kernels/gate/op.h"
#include "tests/unit/core/finite_differences.h"

namespace tessera {
namespace {

at::Tensor golden_logits() {
  return at::tensor({2., 1., 0., -1., 0., 2., 1., -1., 1., 0., 3., 0., .5, .5, -.5, 1.5}, at::kDouble).view({4, 4});
}

Routing route(const at::Tensor& logits, kernels::Score score, std::int64_t k, bool normalise = true) {
  Routing routing;
  routing.logits = logits;
  std::tie(routing.alpha, routing.scores) = kernels::reference::gate(logits, 1.0, score, k, normalise);
  routing.assignments = kernels::reference::dispatch(routing.alpha, k);
  return routing;
}

RouterLossParameters coefficients(double alpha_entropy, double load_balance, double z_loss) {
  RouterLossParameters c;
  c.alpha_entropy = alpha_entropy;
  c.load_balance = load_balance;
  c.z_loss = z_loss;
  return c;
}

RouterLosses losses(const Routing& routing, const RouterLossParameters& c) {
  return router_losses(std::span(&routing, 1), std::span(&c, 1));
}

TEST(RouterLosses, OfTheGoldenVector) {
  const Routing routing = route(golden_logits(), kernels::Score::softmax, 2);
  const RouterLosses got = losses(routing, coefficients(1, 1, 1));
  EXPECT_NEAR(got.parts[1].item<double>(), 1.0497977, 1e-7);  // Hugging Face's figure divided by k
  EXPECT_NEAR(got.parts[2].item<double>(), 6.6854147, 1e-7);
  EXPECT_NEAR(got.total.item<double>(), got.parts.sum().item<double>(), 1e-12);
  // The entropy of dense alpha is that of the scores: the golden mean entropy.
  const Routing dense = route(golden_logits(), kernels::Score::softmax, 0);
  EXPECT_NEAR(losses(dense, coefficients(1, 0, 0)).parts[0].item<double>(), .9328896, 1e-7);
}

TEST(RouterLosses, AreScaledByTheirCoefficientsAndSummedOverLayers) {
  const Routing routing = route(golden_logits(), kernels::Score::softmax, 2);
  const std::vector<Routing> both = {routing, routing};
  const std::vector<RouterLossParameters> c = {coefficients(0, 2, 0), coefficients(0, 3, -0.0)};
  const RouterLosses got = router_losses(both, c);
  EXPECT_NEAR(got.total.item<double>(), 5 * 1.0497977, 1e-6);
  EXPECT_EQ(got.parts[2].item<double>(), 0);
}

TEST(RouterLosses, AreNoneWhenOff) {
  const RouterLosses got = losses(route(golden_logits(), kernels::Score::softmax, 2), coefficients(0, 0, 0));
  EXPECT_FALSE(got.total.defined());
  EXPECT_EQ(got.parts.abs().sum().item<double>(), 0);
}

TEST(RouterLosses, BalanceIsOneWhenBalanced) {
  const at::Tensor logits = 5 * at::eye(6, at::kDouble);
  for (const auto score : {kernels::Score::softmax, kernels::Score::sigmoid, kernels::Score::sparsemax}) {
    EXPECT_NEAR(losses(route(logits, score, 1), coefficients(0, 1, 0)).total.item<double>(), 1, 1e-12);
  }
}

TEST(RouterLosses, LeaveOutTokensWithoutWeight) {
  Routing routing = route(golden_logits(), kernels::Score::softmax, 2);
  const double whole = losses(routing, coefficients(1, 0, 0)).total.item<double>();
  routing.alpha = at::cat({routing.alpha, at::zeros({3, 4}, at::kDouble)});
  EXPECT_NEAR(losses(routing, coefficients(1, 0, 0)).total.item<double>(), whole, 1e-12);
}

// Through the reference gate, with every score, so that zeros in alpha and scores meet infinite slopes of the entropy.
class RouterLossGradients : public testing::TestWithParam<std::tuple<kernels::Score, int, bool>> {};

TEST_P(RouterLossGradients, AreThoseOfFiniteDifferences) {
  const auto [score, k, normalise] = GetParam();
  // Away from ties and from the borders of supports, where there is no derivative.
  at::Tensor logits = golden_logits() + at::arange(16, at::kDouble).view({4, 4}).sin() * .3;
  logits.set_requires_grad(true);
  for (const auto& c : {coefficients(.7, 0, 0), coefficients(0, .3, 0), coefficients(1, 2, 3)}) {
    const auto value = [&] {
      const Routing routing = route(logits, score, k, normalise);
      return losses(routing, c).total;
    };
    const at::Tensor gradient = torch::autograd::grad({value()}, {logits})[0];
    EXPECT_FALSE(gradient.isnan().any().item<bool>());
    test::check_gradient(
        "logits", logits, gradient, [&] { return value().item<double>(); }, 16);
  }
}

INSTANTIATE_TEST_SUITE_P(All, RouterLossGradients,
                         testing::Combine(testing::Values(kernels::Score::softmax, kernels::Score::sigmoid,
                                                          kernels::Score::sparsemax, kernels::Score::entmax15),
                                          testing::Values(0, 1, 3), testing::Bool()));

}  // namespace
}  // namespace tessera
