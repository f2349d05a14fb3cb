// AdamW against LibTorch's own optimiser, step by step.
#include "core/learn/adamw.h"

#include <gtest/gtest.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include "kernels/adamw/op.h"

namespace tessera {
namespace {

struct Pair {
  std::vector<at::Tensor> ours, theirs;
};
Pair weights(const at::Tensor& first, const at::Tensor& second) {
  Pair pair{{first.clone(), second.clone()}, {first.clone(), second.clone()}};
  for (auto* list : {&pair.ours, &pair.theirs}) {
    for (at::Tensor& tensor : *list) tensor.set_requires_grad(true);
  }
  return pair;
}

struct Case {
  at::ScalarType type;
  double clip;
};
class AdamWTest : public testing::TestWithParam<Case> {};

TEST_P(AdamWTest, IsLibTorchs) {
  const auto [type, clip] = GetParam();
  auto generator = at::detail::createCPUGenerator(1);
  const auto random = [&](at::IntArrayRef shape) { return at::randn(shape, generator, type); };
  const std::vector<std::int64_t> small = {3, 4}, large = {70, 501};  // more than a span, and no multiple of a vector
  Pair pair = weights(random(small), random(large));
  LearnParameters parameters;
  parameters.rate = 0.02;
  parameters.weight_decay = 0.1;
  parameters.beta1 = 0.8;
  parameters.beta2 = 0.95;
  parameters.clip = clip;
  AdamW ours(pair.ours);
  torch::optim::AdamW theirs(pair.theirs,
                             torch::optim::AdamWOptions(0.02).weight_decay(0.1).betas({0.8, 0.95}).eps(1e-8));
  for (int step = 0; step < 20; ++step) {
    std::vector<at::Tensor> gradients = {random(small), random({501, 70}).t()};  // one not contiguous
    for (std::size_t i = 0; i < 2; ++i) pair.theirs[i].mutable_grad() = gradients[i].clone();
    if (parameters.clip > 0) torch::nn::utils::clip_grad_norm_(pair.theirs, parameters.clip);
    ours.step(gradients, parameters);
    theirs.step();
    const double tolerance = type == at::kDouble ? 1e-11 : 3e-5;
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_TRUE(at::allclose(pair.ours[i], pair.theirs[i], tolerance, tolerance)) << step;
    }
  }
  EXPECT_EQ(ours.steps.item<std::int64_t>(), 20);
}

// What doesn't move is as if it weren't there, its moments and its part of the norm included.
TEST(AdamWRates, ASlowWeightHasARateOfItsOwnAndAFrozenOneStays) {
  auto generator = at::detail::createCPUGenerator(2);
  const auto random = [&] { return at::randn({5, 3}, generator, at::kDouble); };
  const at::Tensor start[] = {random(), random(), random()};
  const auto copies = [&](std::vector<int> which) {
    std::vector<at::Tensor> made;
    for (const int i : which) made.push_back(start[i].clone().set_requires_grad(true));
    return made;
  };
  LearnParameters parameters;
  parameters.clip = 0.5;
  std::vector<at::Tensor> weights = copies({0, 1, 2}), without = copies({0, 2});
  AdamW all(weights), apart(without);
  for (int step = 0; step < 4; ++step) {
    const std::vector<at::Tensor> drawn = {random(), random(), random()};
    std::vector<at::Tensor> gradients = {drawn[0].clone(), drawn[1].clone(), drawn[2].clone()},
                            of_two = {drawn[0].clone(), drawn[2].clone()};
    all.step(gradients, parameters, {1, 0, 1});
    apart.step(of_two, parameters);
  }
  EXPECT_TRUE(at::equal(weights[0], without[0]) && at::equal(weights[2], without[1]));
  EXPECT_TRUE(at::equal(weights[1], start[1]));
  EXPECT_EQ(all.mean[1].abs().max().item<double>(), 0);

  std::vector<at::Tensor> one = copies({0}), slow = copies({0});
  AdamW plain(one), slowed(slow);
  LearnParameters tenth = parameters;
  tenth.rate = 0.1 * parameters.rate;
  for (int step = 0; step < 4; ++step) {
    const at::Tensor drawn = random();
    std::vector<at::Tensor> a = {drawn.clone()}, b = {drawn.clone()};
    plain.step(a, tenth);
    slowed.step(b, parameters, {0.1});
  }
  EXPECT_TRUE(at::allclose(one[0], slow[0], 1e-12, 1e-14));
  slowed.forget(0);
  EXPECT_EQ(slowed.square[0].abs().max().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Clip, AdamWTest,
                         testing::Values(Case{at::kDouble, 0}, Case{at::kDouble, 1e-3}, Case{at::kDouble, 1.5},
                                         Case{at::kDouble, 1000}, Case{at::kFloat, 0}));

TEST(AdamW, IsTheSameWithEachInstructionSet) {
  const kernels::AdamWArguments arguments{.01, .1, .9, .99, 1e-8, 3};
  for (const auto type : {at::kFloat, at::kDouble}) {
    const at::Tensor start = at::randn({77}, type), gradient = at::randn({77}, type), mean = at::randn({77}, type),
                     square = at::rand({77}, type);
    const at::Tensor m = .9 * mean + .1 * gradient, v = .99 * square + .01 * gradient * gradient;
    const at::Tensor wanted =
        start - .01 * (m / (1 - .9 * .9 * .9) / ((v / (1 - .99 * .99 * .99)).sqrt() + 1e-8)) - .01 * .1 * start;
    for (const auto* set : kernels::cpu::instruction_sets()) {
      std::vector<at::Tensor> w = {start.clone()}, g = {gradient}, first = {mean.clone()}, second = {square.clone()};
      kernels::cpu::adamw(*set, w, g, first, second, arguments);
      EXPECT_TRUE(at::allclose(w[0], wanted, 1e-5, 1e-6)) << set->name;
      EXPECT_TRUE(at::allclose(first[0], m, 1e-5, 1e-6)) << set->name;
      EXPECT_TRUE(at::allclose(second[0], v, 1e-5, 1e-6)) << set->name;
    }
  }
}

TEST(AdamW, ARateChangesAtOnce) {
  Pair pair = weights(at::ones({1}, at::kDouble), at::ones({1}, at::kDouble));
  AdamW optimiser(pair.ours);
  LearnParameters parameters;
  parameters.weight_decay = 0;
  for (const double rate : {0.1, 0.01}) {
    const double before = pair.ours[0].item<double>();
    parameters.rate = rate;
    std::vector<at::Tensor> gradients = {at::full({1}, 3, at::kDouble), at::zeros({1}, at::kDouble)};
    optimiser.step(gradients, parameters);
    EXPECT_NEAR(before - pair.ours[0].item<double>(), rate, 1e-6);  // a constant gradient: steps of just the rate
    EXPECT_EQ(pair.ours[1].item<double>(), 1);
  }
}

}  // namespace
}  // namespace tessera
