// What shared dimensions are worth: the sets by hand, ablation and sharpness against the definitions.
#include "core/learn/dimension_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/learn/gradients.h"
#include "core/measure/formulas.h"
#include "core/tasks/interference.h"

namespace tessera {
namespace {

constexpr std::int64_t dimensions = 16, experts = 3;

struct Small {
  InterferenceTask task{{.features = 4, .samples = 40}, 8, 1, at::kCPU};
  Model model = [] {
    ModelParts parts;
    parts.outline.width = 6;
    parts.outline.depth = 1;
    parts.experts.resize(1);
    parts.experts[0].kind = "subspace";
    parts.experts[0].count = experts;
    parts.experts[0].activation = "silu";
    parts.live.routers.resize(1);
    parts.live.routers[0].selection = "dense";
    parts.live.routers[0].task.ratio = 0.5;
    parts.live.losses.resize(1);
    parts.live.subspaces.resize(1);
    parts.live.subspaces[0].backbone = dimensions;
    parts.live.subspaces[0].rank = 4;
    parts.live.subspaces[0].mask = "sigmoid";
    parts.tasks = 2;
    InputShape shape;
    shape.rows = 1;
    shape.columns = 4;
    return Model(parts, shape, 2, 1, at::TensorOptions(at::kFloat));
  }();

  at::Tensor alpha() const { return model.subspaces(0)->alpha(); }
};

TEST(DimensionProbe, TellsTheMostSharedFromTheLeast) {
  const Small s;
  const at::NoGradGuard no_grad;
  at::Tensor alpha = s.alpha();
  alpha.fill_(-5);
  // Picked by all: 3; by two: 2 and 7; by one: 0, 9, 11, 12 and 15.
  for (const auto& [e, d, a] : std::vector<std::tuple<int, int, double>>{{0, 3, 1},
                                                                         {1, 3, 1},
                                                                         {2, 3, 1},
                                                                         {0, 7, 1},
                                                                         {1, 7, 1},
                                                                         {0, 2, 0},
                                                                         {2, 2, 0},
                                                                         {0, 0, 4},
                                                                         {1, 9, 3},
                                                                         {1, 11, 2},
                                                                         {2, 12, 1},
                                                                         {2, 15, 0.5}}) {
    alpha[e][d] = a;
  }
  SharedAndExclusive sets = dimension_sets(s.model);  // a quarter of 16
  EXPECT_TRUE(at::equal(sets.shared[0], at::tensor({3, 2, 7, 0}, at::kLong)));
  EXPECT_TRUE(at::equal(sets.exclusive[0], at::tensor({9, 11, 12, 15}, at::kLong)));
  EXPECT_EQ(places(s.model, sets.shared), 3 + 2 + 2 + 1);
  EXPECT_EQ(places(s.model, sets.exclusive), 4);
}

TEST(DimensionProbe, HasNoDimensionInBothSetsWhenAllAreEqual) {
  const Small s;
  const at::NoGradGuard no_grad;
  at::Tensor alpha = s.alpha();
  alpha.zero_();  // all pick 0 to 3
  const SharedAndExclusive sets = dimension_sets(s.model);
  EXPECT_TRUE(at::equal(sets.shared[0], at::tensor({0, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(sets.exclusive[0], at::tensor({2, 3}, at::kLong)));
}

TEST(DimensionProbe, DamageIsTheRiseOfTheLossWithoutThem) {
  Small s;
  const DimensionSets sets = dimension_sets(s.model).shared;
  at::Tensor up = s.model.subspaces(0)->up;
  const at::Tensor before = up.detach().clone();
  const std::vector<Damage> damage = ablation_damage(s.model, s.task, sets, token_losses(s.model, s.task, 1000), 1000);
  EXPECT_TRUE(at::equal(up, before));
  ASSERT_EQ(damage.size(), 2u);
  const at::NoGradGuard no_grad;
  const Samples all = s.task.test(0, s.task.test_samples());
  const auto losses = [&](std::int64_t t) {
    const at::Tensor logits = s.model.forward(all.inputs, {}, {.tasks = all.labels}).logits;
    const at::Tensor own = (all.labels == t).nonzero().flatten();
    return at::cross_entropy_loss(logits.index_select(0, own), all.targets.index_select(0, own), {},
                                  at::Reduction::None)
        .to(at::kDouble);
  };
  const at::Tensor whole[] = {losses(0), losses(1)};
  for (std::int64_t i = 0; i < sets[0].size(0); ++i) up[sets[0][i].item<std::int64_t>()].zero_();
  for (const std::int64_t t : {0, 1}) {
    const at::Tensor rises = losses(t) - whole[t];
    const Damage& got = damage[static_cast<std::size_t>(t)];
    const double n = static_cast<double>(rises.size(0)), mean = rises.sum().item<double>() / n;
    EXPECT_NEAR(got.rise, mean, 1e-6);
    EXPECT_NEAR(got.error, std::sqrt((rises - mean).square().sum().item<double>() / (n - 1) / n), 1e-6);
    EXPECT_GT(std::abs(got.rise), 1e-6);
  }
}

// Against the whole Hessian of those weights, column by column.
TEST(DimensionProbe, SharpnessIsTheLargestEigenvalue) {
  Small s;
  const DimensionSets sets = dimension_sets(s.model).shared;
  const std::int64_t n = sets[0].size(0);
  ASSERT_EQ(n, 4);
  const Samples samples = s.task.pick({0, 1, 2, 3, 4, 5, 6, 7});
  const SubspaceBank& bank = *s.model.subspaces(0);
  at::Tensor down = bank.down, up = bank.up;
  const at::Tensor kept_down = down.detach().clone(), kept_up = up.detach().clone();
  const double got = sharpness(s.model, s.task, sets, samples, 1);
  EXPECT_TRUE(at::equal(down, kept_down) && at::equal(up, kept_up));

  const auto gradient = [&] {
    const at::Tensor loss =
        s.model.forward(samples.inputs, samples.targets, {.tasks = s.task.tasks_of(samples)}).task_loss;
    const auto g = gradients_of(loss, {down, up});
    return at::cat({g[0].index_select(1, sets[0]).flatten(), g[1].index_select(0, sets[0]).flatten()}).to(at::kDouble);
  };
  std::vector<at::Tensor> columns;
  const double h = 0.01;
  const auto element = [&](std::int64_t i) {  // of the weights in the order of gradient()
    const std::int64_t of_down = 6 * n;
    return i < of_down ? down.detach()[i / n][sets[0][i % n].item<std::int64_t>()]
                       : up.detach()[sets[0][(i - of_down) / 6].item<std::int64_t>()][(i - of_down) % 6];
  };
  for (std::int64_t i = 0; i < 12 * n; ++i) {
    at::Tensor weight = element(i);
    const float value = weight.item<float>();
    weight.fill_(value + h);
    const at::Tensor above = gradient();
    weight.fill_(value - h);
    const at::Tensor below = gradient();
    weight.fill_(value);
    columns.push_back((above - below) / (2 * h));
  }
  const at::Tensor hessian = at::stack(columns), values = at::linalg_eigvalsh((hessian + hessian.t()) / 2);
  const double largest = values.max().item<double>(), least = values.min().item<double>();
  EXPECT_LT(least, -0.1 * largest);  // the loss curves downward, too
  EXPECT_NEAR(got, largest, 0.02 * largest);
}

TEST(DimensionProbe, EvennessIsOneWhereAllAreHurtAlike) {
  const std::vector<double> sure = {1e-3, 1e-3, 1e-3};
  EXPECT_EQ(evenness({0.5, 0.5, 0.5}, sure), 1);
  EXPECT_EQ(evenness({1, 3}, sure), 0.5);
  EXPECT_EQ(evenness({0, 2}, sure), 0);
  EXPECT_EQ(evenness({-1, 1}, sure), 0);
  EXPECT_EQ(evenness({1, 3}, {9, 1.5}), 0.5);
  EXPECT_TRUE(std::isnan(evenness({1, 3}, {9, 1.6})));  // noise
  EXPECT_TRUE(std::isnan(evenness({-1, -3}, sure)));    // a gain is no damage
  EXPECT_TRUE(std::isnan(evenness({0, 0}, sure)));
  EXPECT_TRUE(std::isnan(evenness({1, std::nan("")}, sure)));
}

}  // namespace
}  // namespace tessera
