// Auxiliary losses: golden values, and gradients by finite differences, through the gate.
#include "core/moe/router_losses.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "kernels/gate/op.h"
#include "tests/unit/core/finite_differences.h"

namespace tessera {
namespace {

using kernels::GateSpec;
using kernels::Normalise;
using kernels::Score;

at::Tensor golden_logits() {
  return at::tensor({2., 1., 0., -1., 0., 2., 1., -1., 1., 0., 3., 0., .5, .5, -.5, 1.5}, at::kDouble).view({4, 4});
}

Routing route(const at::Tensor& logits, const GateSpec& spec) { return {kernels::gate(logits, spec), logits, {}}; }

RouterLossParameters coefficients(double alpha_entropy, double load_balance, double z_loss) {
  RouterLossParameters c;
  c.alpha_entropy = alpha_entropy;
  c.load_balance = load_balance;
  c.z_loss = z_loss;
  return c;
}

std::vector<double> parts(const std::vector<std::pair<Routing, RouterLossParameters>>& layers) {
  const at::Tensor sum = at::zeros({3}, at::kDouble);
  for (const auto& [routing, c] : layers) add_router_losses(routing, c, sum);
  return {sum.const_data_ptr<double>(), sum.const_data_ptr<double>() + 3};
}

TEST(RouterLosses, OfTheGoldenVector) {
  const auto got = parts({{route(golden_logits(), {.k = 2}), coefficients(1, 1, 1)}});
  EXPECT_NEAR(got[1], 1.0497977, 1e-7);  // Hugging Face's figure divided by k
  EXPECT_NEAR(got[2], 6.6854147, 1e-7);
  // The entropy of dense alpha is that of the scores: the golden mean entropy.
  const auto dense = parts({{route(golden_logits(), {}), coefficients(1, 0, 0)}});
  EXPECT_NEAR(dense[0], .9328896, 1e-7);
}

TEST(RouterLosses, AreScaledByTheirCoefficientsAndAdded) {
  const Routing routing = route(golden_logits(), {.k = 2});
  const auto got = parts({{routing, coefficients(0, 2, 0)}, {routing, coefficients(0, 3, 0)}});
  EXPECT_NEAR(got[1], 5 * 1.0497977, 1e-6);
  EXPECT_EQ(got[0], 0);
  EXPECT_EQ(got[2], 0);
}

TEST(RouterLosses, BalanceIsOneWhenBalanced) {
  const at::Tensor logits = 5 * at::eye(6, at::kDouble);
  for (const auto score : {Score::softmax, Score::sigmoid, Score::sparsemax}) {
    EXPECT_NEAR(parts({{route(logits, {.score = score, .k = 1}), coefficients(0, 1, 0)}})[1], 1, 1e-12);
  }
}

TEST(RouterLosses, LeaveOutTokensWithoutWeight) {
  const GateSpec spec{.score = Score::relu, .k = 2};
  const auto whole = parts({{route(golden_logits(), spec), coefficients(1, 1, 0)}});
  const at::Tensor logits = at::cat({golden_logits(), at::full({2, 4}, -1, at::kDouble)});
  const Routing routing = route(logits, spec);
  EXPECT_EQ(routing.alpha.slice(0, 4).abs().sum().item<double>(), 0);
  const auto more = parts({{routing, coefficients(1, 1, 0)}});
  EXPECT_NEAR(more[0], whole[0], 1e-12);
  EXPECT_NEAR(more[1], whole[1], 1e-12);
  const RouterLossGradients d = router_loss_gradients(routing, coefficients(1, 1, 0), at::ones({3}, at::kDouble));
  EXPECT_EQ(kernels::gate_backward(d, logits, routing, spec).slice(0, 4).abs().sum().item<double>(), 0);
}

TEST(RouterLosses, OfNoTokenWithWeightAreZero) {
  const auto got = parts({{route(at::full({3, 4}, -1, at::kDouble), {.score = Score::relu}), coefficients(1, 1, 0)}});
  EXPECT_EQ(got, (std::vector<double>{0, 0, 0}));
}

TEST(RouterLosses, GradientsAreThoseOfFiniteDifferences) {
  for (const auto score : {Score::softmax, Score::sigmoid, Score::sparsemax, Score::relu}) {
    for (const auto normalise : {Normalise::none, Normalise::sum}) {
      const GateSpec spec{.temperature = .8, .score = score, .k = 3, .normalise = normalise};
      const at::Tensor logits = golden_logits() + at::linspace(0, .3, 16, at::kDouble).view({4, 4});
      const Routing routing = route(logits, spec);
      const auto c = coefficients(.7, -.3, .2);
      const at::Tensor scale = at::tensor({1.5, 2., -3.}, at::kDouble);
      const auto value = [&] {  // of the load as it is: a constant to the gradient
        Routing now = route(logits, spec);
        now.load = routing.load;
        const auto p = parts({{now, c}});
        return 1.5 * p[0] + 2 * p[1] - 3 * p[2];
      };
      const RouterLossGradients d = router_loss_gradients(routing, c, scale);
      test::check_gradient("logits", logits, kernels::gate_backward(d, logits, routing, spec), value, 16);
    }
  }
}

TEST(RouterLosses, ThatAreOffHaveNoGradient) {
  const Routing routing = route(golden_logits(), {.k = 2});
  const auto d = router_loss_gradients(routing, coefficients(0, 1, 0), at::ones({3}, at::kDouble));
  EXPECT_TRUE(d.share.defined());
  EXPECT_FALSE(d.sums.defined());
  EXPECT_FALSE(router_loss_gradients(routing, coefficients(0, 0, 1), at::ones({3}, at::kDouble)).share.defined());
}

}  // namespace
}  // namespace tessera
