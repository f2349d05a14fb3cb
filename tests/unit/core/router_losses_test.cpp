// Auxiliary losses: golden values, and gradients by finite differences, through the gate.
#include "core/moe/router_losses.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

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

using kernels::gate;
using kernels::GateOutput;

RouterLossParameters coefficients(double alpha_entropy, double load_balance, double z_loss) {
  RouterLossParameters c;
  c.alpha_entropy = alpha_entropy;
  c.load_balance = load_balance;
  c.z_loss = z_loss;
  return c;
}

constexpr double l1_coefficient = .5;

at::Tensor l1_state() { return at::full({}, l1_coefficient, at::kDouble); }

std::vector<double> values(const GateOutput& routed, const RouterLossParameters& c) {
  const at::Tensor parts = router_losses(routed, c, l1_state());
  return {parts.const_data_ptr<double>(), parts.const_data_ptr<double>() + router_loss_count};
}

double value(RouterLoss loss, const GateOutput& routed, const RouterLossParameters& c) {
  return values(routed, c)[static_cast<std::size_t>(loss)];
}

RouterLossParameters all_losses() {
  RouterLossParameters c = coefficients(.7, -.3, .2);
  c.variance = .4;
  c.l1.start = 1;  // on; the coefficient is the state
  c.l1.target = 2;
  return c;
}

TEST(RouterLosses, OfTheGoldenVector) {
  const auto got = values(gate(golden_logits(), {.k = 2}), coefficients(1, 1, 1));
  EXPECT_NEAR(got[1], 1.0497977, 1e-7);
  EXPECT_NEAR(got[2], 6.6854147, 1e-7);
  // The entropy of dense alpha is that of the scores: the golden mean entropy.
  EXPECT_NEAR(value(RouterLoss::alpha_entropy, gate(golden_logits(), {}), coefficients(1, 0, 0)), .9328896, 1e-7);
}

TEST(RouterLosses, FormsOfLoadBalanceOfTheGoldenVector) {
  const GateOutput routed = gate(golden_logits(), {.k = 2});
  const auto of = [&](const char* form) {
    RouterLossParameters c = coefficients(0, 1, 0);
    c.balance_form = form;
    return value(RouterLoss::load_balance, routed, c);
  };
  EXPECT_NEAR(of("hugging_face"), 2.0995954, 1e-7);
  EXPECT_NEAR(of("gshard"), 1, 1e-12) << "each expert is the first choice once";
}

TEST(RouterLosses, AreScaledByTheirCoefficients) {
  const GateOutput routed = gate(golden_logits(), {.k = 2});
  const auto got = values(routed, coefficients(0, 2, 0));
  EXPECT_NEAR(got[1], 2 * 1.0497977, 1e-6);
  for (const int other : {0, 2, 3, 4}) EXPECT_EQ(got[other], 0);
}

TEST(RouterLosses, BalanceIsOneWhenBalanced) {
  const at::Tensor logits = 5 * at::eye(6, at::kDouble);
  for (const auto score : {Score::softmax, Score::sigmoid, Score::sparsemax}) {
    const GateOutput routed = gate(logits, {.score = score, .k = 1});
    EXPECT_NEAR(value(RouterLoss::load_balance, routed, coefficients(0, 1, 0)), 1, 1e-12);
  }
}

// Three tokens choose expert 0 and one expert 1, with weight 1.
GateOutput three_to_one() {
  const at::Tensor logits = at::zeros({4, 4}, at::kDouble);
  logits.slice(0, 0, 3).select(1, 0).fill_(1);
  logits[3][1] = 1;
  return gate(logits, {.k = 1, .normalise = Normalise::sum});
}

TEST(RouterLosses, VarianceByHand) {  // importance 3, 1, 0, 0: mean 1, variance (4 + 0 + 1 + 1) / 4
  RouterLossParameters c;
  c.variance = 2;
  EXPECT_NEAR(value(RouterLoss::variance, three_to_one(), c), 2 * 1.5, 1e-12);
}

TEST(RouterLosses, L1ByHand) {  // f = 4 / (2 x 4) x (3, 1), mean alpha (3/4, 1/4): 1.25
  RouterLossParameters c;
  c.l1.start = 1;
  c.l1.target = 2;
  EXPECT_NEAR(value(RouterLoss::l1, three_to_one(), c), l1_coefficient * 1.25, 1e-12);
}

TEST(RouterLosses, LeaveOutTokensWithoutWeight) {
  const GateSpec spec{.score = Score::relu, .k = 2};
  const auto c = coefficients(1, 1, 0);
  const auto whole = values(gate(golden_logits(), spec), c);
  const at::Tensor logits = at::cat({golden_logits(), at::full({2, 4}, -1, at::kDouble)});
  const GateOutput routed = gate(logits, spec);
  EXPECT_EQ(routed.alpha.slice(0, 4).abs().sum().item<double>(), 0);
  const auto more = values(routed, c);
  EXPECT_NEAR(more[0], whole[0], 1e-12);
  EXPECT_NEAR(more[1], whole[1], 1e-12);
  const auto d = router_loss_gradients(routed, c, l1_state(), at::ones({router_loss_count}, at::kDouble));
  EXPECT_EQ(kernels::gate_backward(d, logits, routed, spec).slice(0, 4).abs().sum().item<double>(), 0);
}

TEST(RouterLosses, OfNoTokenWithWeightAreZero) {
  const GateOutput routed = gate(at::full({3, 4}, -1, at::kDouble), {.score = Score::relu});
  RouterLossParameters c = all_losses();
  c.z_loss = 0;
  EXPECT_EQ(values(routed, c), std::vector<double>(router_loss_count, 0));
}

TEST(RouterLosses, GradientsAreThoseOfFiniteDifferences) {
  for (const auto score : {Score::softmax, Score::sigmoid, Score::sparsemax, Score::relu}) {
    for (const auto normalise : {Normalise::none, Normalise::sum}) {
      const GateSpec spec{.temperature = .8, .score = score, .k = 3, .normalise = normalise};
      const at::Tensor logits = golden_logits() + at::linspace(0, .3, 16, at::kDouble).view({4, 4});
      const GateOutput routed = gate(logits, spec);
      const at::Tensor scale = at::tensor({1.5, 2., -3., .5, 1.2}, at::kDouble);
      const auto weighted = [&] {  // of the load as it is: a constant to the gradient
        GateOutput now = gate(logits, spec);
        now.load = routed.load;
        return at::dot(router_losses(now, all_losses(), l1_state()), scale).item<double>();
      };
      const auto d = router_loss_gradients(routed, all_losses(), l1_state(), scale);
      test::check_gradient("logits", logits, kernels::gate_backward(d, logits, routed, spec), weighted, 16);

      const at::Tensor leaf = logits.detach().clone().requires_grad_();
      at::dot(router_losses(gate(leaf, spec), all_losses(), l1_state()), scale).backward();
      EXPECT_TRUE(at::allclose(leaf.grad(), kernels::gate_backward(d, logits, routed, spec), 1e-9, 1e-12));
    }
  }
}

TEST(RouterLosses, ThatAreOffHaveNoGradient) {
  const GateOutput routed = gate(golden_logits(), {.k = 2});
  const at::Tensor ones = at::ones({router_loss_count}, at::kDouble);
  const auto d = router_loss_gradients(routed, coefficients(0, 1, 0), l1_state(), ones);
  EXPECT_TRUE(d.share.defined());
  EXPECT_FALSE(d.sums.defined());
  EXPECT_FALSE(d.importance.defined());
  EXPECT_FALSE(router_loss_gradients(routed, coefficients(0, 0, 1), l1_state(), ones).share.defined());
}

}  // namespace
}  // namespace tessera
