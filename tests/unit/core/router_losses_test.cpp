// Auxiliary losses: golden values, and gradients by finite differences; the loops and the ATen calls alike.
#include "core/moe/router_losses.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

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

class RouterLosses : public testing::TestWithParam<bool> {
 protected:
  static std::vector<double> parts(const std::vector<std::pair<Routing, RouterLossParameters>>& layers) {
    const at::Tensor sum = at::zeros({3}, at::kDouble);
    for (const auto& [routing, c] : layers) {
      GetParam() ? by_aten::add_router_losses(routing, c, sum) : add_router_losses(routing, c, sum);
    }
    return {sum.const_data_ptr<double>(), sum.const_data_ptr<double>() + 3};
  }
  static RouterLossGradients gradients(const Routing& routing, const RouterLossParameters& c, const at::Tensor& scale) {
    return GetParam() ? by_aten::router_loss_gradients(routing, c, scale) : router_loss_gradients(routing, c, scale);
  }
};

TEST_P(RouterLosses, OfTheGoldenVector) {
  const auto got = parts({{route(golden_logits(), kernels::Score::softmax, 2), coefficients(1, 1, 1)}});
  EXPECT_NEAR(got[1], 1.0497977, 1e-7);  // Hugging Face's figure divided by k
  EXPECT_NEAR(got[2], 6.6854147, 1e-7);
  // The entropy of dense alpha is that of the scores: the golden mean entropy.
  const auto dense = parts({{route(golden_logits(), kernels::Score::softmax, 0), coefficients(1, 0, 0)}});
  EXPECT_NEAR(dense[0], .9328896, 1e-7);
}

TEST_P(RouterLosses, AreScaledByTheirCoefficientsAndAdded) {
  const Routing routing = route(golden_logits(), kernels::Score::softmax, 2);
  const auto got = parts({{routing, coefficients(0, 2, 0)}, {routing, coefficients(0, 3, 0)}});
  EXPECT_NEAR(got[1], 5 * 1.0497977, 1e-6);
  EXPECT_EQ(got[0], 0);
  EXPECT_EQ(got[2], 0);
}

TEST_P(RouterLosses, BalanceIsOneWhenBalanced) {
  const at::Tensor logits = 5 * at::eye(6, at::kDouble);
  for (const auto score : {kernels::Score::softmax, kernels::Score::sigmoid, kernels::Score::sparsemax}) {
    EXPECT_NEAR(parts({{route(logits, score, 1), coefficients(0, 1, 0)}})[1], 1, 1e-12);
  }
}

TEST_P(RouterLosses, LeaveOutTokensWithoutWeight) {
  Routing routing = route(golden_logits(), kernels::Score::softmax, 2);
  const auto whole = parts({{routing, coefficients(1, 1, 0)}});
  const at::Tensor nothing = at::zeros({3, 4}, at::kDouble);
  routing.alpha = at::cat({routing.alpha, nothing});
  routing.scores = at::cat({routing.scores, nothing});
  const auto more = parts({{routing, coefficients(1, 1, 0)}});
  EXPECT_NEAR(more[0], whole[0], 1e-12);
  EXPECT_NEAR(more[1], whole[1], 1e-12);
  const RouterLossGradients d = gradients(routing, coefficients(1, 1, 0), at::ones({3}, at::kDouble));
  EXPECT_EQ(d.alpha.slice(0, 4).abs().sum().item<double>(), 0);
  EXPECT_EQ(d.scores.slice(0, 4).abs().sum().item<double>(), 0);
}

TEST_P(RouterLosses, GradientsAreThoseOfFiniteDifferences) {
  for (const auto score : {kernels::Score::softmax, kernels::Score::sigmoid}) {
    Routing routing = route(golden_logits(), score, 3, false);
    const auto c = coefficients(.7, -.3, .2);
    const at::Tensor scale = at::tensor({1.5, 2., -3.}, at::kDouble);
    const auto value = [&] {
      const auto p = parts({{routing, c}});
      return 1.5 * p[0] + 2 * p[1] - 3 * p[2];
    };
    const RouterLossGradients d = gradients(routing, c, scale);
    test::check_gradient("scores", routing.scores, d.scores, value, 16);
    test::check_gradient("logits", routing.logits, d.logits, value, 16);
    // Where alpha is zero the entropy has no slope, and a step would be a choice.
    for (std::int64_t t = 0; t < 4; ++t) {
      for (std::int64_t e = 0; e < 4; ++e) {
        const at::Tensor one = routing.alpha[t][e], slope = d.alpha[t][e];
        if (one.item<double>() == 0) {
          EXPECT_EQ(slope.item<double>(), 0);
        } else {
          test::check_gradient("alpha", one.view({1}), slope.view({1}), value);
        }
      }
    }
  }
}

TEST_P(RouterLosses, ThatAreOffHaveNoGradient) {
  const Routing routing = route(golden_logits(), kernels::Score::softmax, 2);
  const RouterLossGradients d = gradients(routing, coefficients(0, 1, 0), at::ones({3}, at::kDouble));
  EXPECT_FALSE(d.alpha.defined());
  EXPECT_TRUE(d.scores.defined());
  EXPECT_FALSE(d.logits.defined());
}

INSTANTIATE_TEST_SUITE_P(Implementations, RouterLosses, testing::Bool(),
                         [](const auto& info) { return info.param ? "by_aten" : "on_cpu"; });

}  // namespace
}  // namespace tessera
