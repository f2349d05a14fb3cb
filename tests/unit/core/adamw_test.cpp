// AdamW against LibTorch's own optimiser, step by step.
#include "core/learn/adamw.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

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

class AdamWTest : public testing::TestWithParam<double> {};

TEST_P(AdamWTest, IsLibTorchs) {
  auto generator = at::detail::createCPUGenerator(1);
  const auto random = [&](at::IntArrayRef shape) { return at::randn(shape, generator, at::kDouble); };
  Pair pair = weights(random({3, 4}), random({5}));
  LearnParameters parameters;
  parameters.rate = 0.02;
  parameters.weight_decay = 0.1;
  parameters.beta1 = 0.8;
  parameters.beta2 = 0.95;
  parameters.clip = GetParam();
  AdamW ours(pair.ours);
  torch::optim::AdamW theirs(pair.theirs,
                             torch::optim::AdamWOptions(0.02).weight_decay(0.1).betas({0.8, 0.95}).eps(1e-8));
  for (int step = 0; step < 20; ++step) {
    std::vector<at::Tensor> gradients = {random({3, 4}), random({5})};
    for (std::size_t i = 0; i < 2; ++i) pair.theirs[i].mutable_grad() = gradients[i].clone();
    if (parameters.clip > 0) torch::nn::utils::clip_grad_norm_(pair.theirs, parameters.clip);
    ours.step(gradients, parameters);
    theirs.step();
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_TRUE(at::allclose(pair.ours[i], pair.theirs[i], 1e-10, 1e-12)) << step;
    }
  }
  EXPECT_EQ(ours.steps.item<float>(), 20);
}

INSTANTIATE_TEST_SUITE_P(Clip, AdamWTest, testing::Values(0, 1e-3, 1.5, 1000));

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
