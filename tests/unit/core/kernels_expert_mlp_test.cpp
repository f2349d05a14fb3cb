// expert_mlp: a hand-worked case, its reference, finite differences, and edge cases of routing.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "kernels/cpu/instruction_sets.h"
#include "kernels/dispatch/op.h"
#include "kernels/expert_mlp/detail.h"
#include "kernels/expert_mlp/op.h"
#include "tests/unit/core/kernels_mlp_case.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

TEST(ExpertMlp, HandWorkedCase) {
  // Two experts of one hidden unit; token 0 goes to both, token 1 to the second.
  const auto tensor = [](std::vector<double> v, at::IntArrayRef shape) { return torch::tensor(v).view(shape); };
  const Tensor x = tensor({1, 2, 3, -1}, {2, 2});
  const Assignments a = dispatch(tensor({.25, .75, 0, 1}, {2, 2}), 2);
  const Tensor w1 = tensor({1, 1, 2, -1}, {2, 2, 1}), b1 = tensor({0, 1}, {2, 1});
  const Tensor w2 = tensor({1, -1, 2, 0}, {2, 1, 2}), b2 = tensor({0, 1, 0, 0}, {2, 2});
  // Expert 0 on token 0: relu(3) = 3, out (3, -2). Expert 1 on token 0: relu(1) = 1, out (2, 0); on token 1: relu(8).
  const Tensor expected = tensor({.25 * 3 + .75 * 2, -.25 * 2, 16, 0}, {2, 2});
  EXPECT_TRUE(near(expert_mlp(x, a.tokens, a.weights, a.offsets, w1, b1, w2, b2, Activation::relu), expected, 1e-6));
}

TEST(ExpertMlp, ForwardAndBackwardOfEveryVersionAgreeWithTheReference) {
  for (const MlpCase& c : mlp_cases()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const MlpExample example(c, type);
      const auto [y0, gradients0] = example.to(at::kCPU, at::kDouble).run(reference::expert_mlp);
      const double tolerance = 10 * tolerance_of(type);
      const auto [y, gradients] = example.run(expert_mlp);
      EXPECT_TRUE(near(y, y0, tolerance)) << c.name;
      for (std::size_t i = 0; i < gradients.size(); ++i) {
        EXPECT_TRUE(near(gradients[i], gradients0[i], tolerance)) << c.name << ", gradient " << i;
      }
      for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
        const at::NoGradGuard no_gradients;
        const MlpInputs inputs = checked_mlp(example.inputs());
        const MlpKept kept = cpu::expert_mlp(*set, inputs, c.activation, true);
        EXPECT_TRUE(near(kept.y, y0, tolerance)) << set->name << " " << c.name;
        const MlpGradients d = cpu::expert_mlp_backward(*set, example.gradient, inputs, kept.hidden, kept.slope,
                                                        c.activation, {true, true, true, true, true, true});
        for (std::size_t i = 0; i < d.size(); ++i) {
          EXPECT_TRUE(near(d[i], gradients0[i], tolerance)) << set->name << " " << c.name << ", gradient " << i;
        }
      }
    }
  }
}

TEST(ExpertMlp, GradientsOfAllInputsByFiniteDifferences) {
  for (const Activation activation : {Activation::relu, Activation::gelu, Activation::silu}) {
    const MlpExample e({"small", 6, 3, 2, 5, 7, activation, Load::random}, at::kDouble);
    const auto loss = [&] { return (e.call(expert_mlp) * e.gradient).sum(); };
    expect_gradients(loss, {e.x, e.weights, e.w1, e.b1, e.w2, e.b2});
  }
}

TEST(ExpertMlp, GradientsOnlyOfWhatIsAskedFor) {
  MlpExample e({"", 20, 4, 2, 16, 24, Activation::gelu, Load::random}, at::kFloat);
  const std::vector<Tensor> all{e.x, e.weights, e.w1, e.b1, e.w2, e.b2};
  const auto full = torch::autograd::grad({e.call(expert_mlp)}, all, {e.gradient});
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Tensor& t : all) Tensor(t).requires_grad_(false);
    Tensor(all[i]).requires_grad_(true);
    EXPECT_TRUE(at::equal(torch::autograd::grad({e.call(expert_mlp)}, {all[i]}, {e.gradient})[0], full[i])) << i;
  }
}

TEST(ExpertMlp, AnExpertWithoutTokensHasZeroGradients) {
  const MlpExample e({"", 12, 4, 1, 8, 8, Activation::gelu, Load::one_expert}, at::kFloat);
  const auto [y, gradients] = e.run(expert_mlp);
  for (std::size_t i = 2; i < gradients.size(); ++i) {
    EXPECT_EQ(gradients[i].narrow(0, 0, 3).abs().max().item<float>(), 0) << i;
    EXPECT_GT(gradients[i][3].abs().max().item<float>(), 0) << i;
  }
}

TEST(ExpertMlp, EvaluationGivesTheBitsOfTraining) {
  for (const Activation activation : {Activation::relu, Activation::gelu, Activation::silu}) {
    const MlpExample e({"", 50, 4, 2, 33, 65, activation, Load::random}, at::kFloat);
    const Tensor y = e.call(expert_mlp);
    const at::NoGradGuard no_gradients;
    EXPECT_TRUE(at::equal(e.call(expert_mlp), y));
  }
}

TEST(ExpertMlp, BackwardTwiceGivesTheSame) {
  const MlpExample e({"", 30, 4, 2, 16, 24, Activation::silu, Load::random}, at::kFloat);
  const Tensor y = e.call(expert_mlp);
  const auto once = torch::autograd::grad({y}, {e.x, e.w1}, {e.gradient}, /*retain_graph=*/true);
  const auto twice = torch::autograd::grad({y}, {e.x, e.w1}, {e.gradient});
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(at::equal(once[i], twice[i]));
}

TEST(ExpertMlp, BitsDependNeitherOnThreadsNorOnTheRun) {
  const MlpExample e({"", 700, 8, 2, 64, 128, Activation::gelu, Load::random}, at::kFloat);
  const auto [y0, gradients0] = e.run(expert_mlp);
  for (const int threads : {1, 2, 3, 2}) {
    const Threads scope(threads);
    const auto [y, gradients] = e.run(expert_mlp);
    EXPECT_TRUE(at::equal(y, y0)) << threads;
    for (std::size_t i = 0; i < gradients.size(); ++i) EXPECT_TRUE(at::equal(gradients[i], gradients0[i])) << threads;
  }
}

TEST(ExpertMlp, OrderWithinAnExpertDoesNotMatter) {
  const MlpExample e({"", 20, 3, 2, 8, 16, Activation::relu, Load::random}, at::kDouble);
  MlpExample shuffled = e;
  const int* const offset = e.offsets.data_ptr<int>();
  std::vector<Tensor> order;
  for (int i = 0; i < 3; ++i) order.push_back(at::arange(offset[i], offset[i + 1]).flip(0));
  shuffled.tokens = e.tokens.index({at::cat(order)});
  shuffled.weights = e.weights.index({at::cat(order)});
  EXPECT_TRUE(near(shuffled.call(expert_mlp), e.call(expert_mlp), 1e-12));
}

TEST(ExpertMlp, ANaNReachesTheOutput) {
  for (const Activation activation : {Activation::relu, Activation::gelu, Activation::silu}) {
    MlpExample e({"", 10, 2, 1, 8, 16, activation, Load::random}, at::kFloat);
    e.x = e.x.detach().clone();
    e.x[3][0] = NAN;
    const Tensor y = e.call(expert_mlp);
    EXPECT_TRUE(y[3].isnan().all().item<bool>());
    EXPECT_TRUE(y[2].isfinite().all().item<bool>());
  }
}

TEST(ExpertMlp, BadArgumentsThrow) {
  const MlpExample e({"", 10, 2, 1, 8, 16, Activation::relu, Load::random}, at::kFloat);
  const auto with = [&](auto change) {
    MlpExample other = e;
    change(other);
    other.call(expert_mlp);
  };
  EXPECT_NO_THROW(with([](MlpExample&) {}));
  EXPECT_THROW(with([](MlpExample& m) { m.x = at::randn({10, 9}); }), c10::Error);
  EXPECT_THROW(with([](MlpExample& m) { m.w2 = at::randn({2, 16, 9}); }), c10::Error);
  EXPECT_THROW(with([](MlpExample& m) { m.b1 = m.b1.to(at::kDouble); }), c10::Error);
  EXPECT_THROW(with([](MlpExample& m) { m.tokens = m.tokens.to(at::kLong); }), c10::Error);
  EXPECT_THROW(with([](MlpExample& m) { m.tokens = m.tokens + 10; }), c10::Error);
  EXPECT_THROW(with([](MlpExample& m) { m.tokens = m.tokens - 10; }), c10::Error);
  EXPECT_THROW(with([](MlpExample& m) { m.offsets = m.offsets + 1; }), c10::Error);
  EXPECT_THROW(with([](MlpExample& m) { m.offsets = m.offsets.flip(0); }), c10::Error);
}

}  // namespace
}  // namespace tessera::kernels
