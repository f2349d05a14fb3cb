// Kinds of experts beside the bank of perceptrons: against their formulas written out, and by finite differences.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "core/moe/block_sparse_bank.h"
#include "core/moe/lora_bank.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera {
namespace {

using kernels::near;

constexpr std::int64_t tokens = 7, width = 16, experts = 3;

at::Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kDouble);
}

ExpertParameters parameters(const std::string& kind) {
  ExpertParameters made;
  made.kind = kind;
  made.count = experts;
  made.hidden = 24;
  made.activation = "silu";
  made.lora_rank = 2;
  made.blocks.size = 8;
  made.blocks.active = 0.5;
  return made;
}

at::Tensor some_alpha() {  // [tokens, experts], some of it 0
  const at::Tensor alpha = normal({tokens, experts}, 2).abs();
  return alpha.masked_fill(alpha < 0.5, 0);
}

at::Tensor apply(const Experts& bank, const at::Tensor& x, const at::Tensor& alpha) {
  return bank.apply(x, kernels::dispatch(alpha, 0));
}

TEST(LoraExperts, AddALowRankProductToWhatAllShare) {
  Initialiser initialiser{1, at::kDouble};
  const LoraBank bank(0, width, parameters("lora"), initialiser);
  const at::Tensor x = normal({tokens, width}, 1), alpha = some_alpha();
  const auto by_hand = [&] {
    at::Tensor y = at::zeros_like(x);
    for (std::int64_t e = 0; e < experts; ++e) {
      const at::Tensor h = at::silu(at::mm(x, bank.w1 + at::mm(bank.a1[e], bank.low1[e])) + bank.b1);
      y = y + alpha.select(1, e).unsqueeze(1) * (at::mm(h, bank.w2 + at::mm(bank.a2[e], bank.low2[e])) + bank.b2);
    }
    return y.detach();
  };
  EXPECT_TRUE(near(apply(bank, x, alpha), by_hand(), 1e-12));
  // All start alike: what is added starts at 0.
  EXPECT_EQ(bank.low1.abs().max().item<double>(), 0);
  EXPECT_EQ(bank.low2.abs().max().item<double>(), 0);
  for (const at::Tensor& low : {bank.low1, bank.low2}) low.detach().copy_(normal(low.sizes(), 3));
  EXPECT_TRUE(near(apply(bank, x, alpha), by_hand(), 1e-12));
}

TEST(LoraExperts, HaveTheGradientsOfFiniteDifferences) {
  Initialiser initialiser{1, at::kDouble};
  const LoraBank bank(0, width, parameters("lora"), initialiser);
  for (const at::Tensor& low : {bank.low1, bank.low2}) low.detach().copy_(normal(low.sizes(), 3));
  const at::Tensor x = normal({tokens, width}, 1).requires_grad_(), alpha = (some_alpha() + 0.1).requires_grad_(),
                   weights = normal({tokens, width}, 4);
  const auto loss = [&] { return (apply(bank, x, alpha) * weights).sum(); };
  kernels::expect_gradients(loss,
                            {x, alpha, bank.w1, bank.b1, bank.w2, bank.b2, bank.a1, bank.low1, bank.a2, bank.low2});
}

at::Tensor whole(const kernels::BlockPattern& pattern) {  // the mask of each element
  return pattern.mask.repeat_interleave(pattern.block, 1).repeat_interleave(pattern.block, 2).to(at::kDouble);
}

TEST(BlockSparseExperts, MaskWhatAllShare) {
  Initialiser initialiser{1, at::kDouble};
  const BlockSparseBank bank(0, width, parameters("block_sparse"), initialiser);
  const at::Tensor x = normal({tokens, width}, 1), alpha = some_alpha();
  at::Tensor y = at::zeros_like(x);
  for (std::int64_t e = 0; e < experts; ++e) {
    const at::Tensor h = at::silu(at::mm(x, bank.w1 * whole(bank.first)[e]));
    y = y + alpha.select(1, e).unsqueeze(1) * at::mm(h, bank.w2 * whole(bank.then)[e]);
  }
  EXPECT_TRUE(near(apply(bank, x, alpha), y.detach(), 1e-12));
  // Half of 2 x 3 and of 3 x 2 blocks, for each expert; not the same ones for all.
  EXPECT_TRUE(at::equal(bank.first.mask.sum({1, 2}), at::full({experts}, 3, at::kLong)));
  EXPECT_TRUE(at::equal(bank.then.mask.sum({1, 2}), at::full({experts}, 3, at::kLong)));
  EXPECT_FALSE(at::equal(bank.first.mask[0], bank.first.mask[1]) && at::equal(bank.first.mask[0], bank.first.mask[2]));
}

// A tenth of six blocks is one block: weights are those of a layer with a sixth of the inputs.
TEST(BlockSparseExperts, StartAsLayersOfAsManyInputsAsAreDrawn) {
  Initialiser initialiser{1, at::kDouble};
  ExpertParameters few = parameters("block_sparse");
  few.blocks.active = 0.1;
  const BlockSparseBank bank(0, width, few, initialiser);
  EXPECT_EQ(bank.first.mask.sum().item<std::int64_t>(), experts);
  const double bound = std::sqrt(6.) * linear_bound(width), largest = bank.w1.abs().max().item<double>();
  EXPECT_LT(largest, bound);
  EXPECT_GT(largest, 0.9 * bound);
}

TEST(BlockSparseExperts, HaveTheGradientsOfFiniteDifferences) {
  Initialiser initialiser{1, at::kDouble};
  const BlockSparseBank bank(0, width, parameters("block_sparse"), initialiser);
  const at::Tensor x = normal({tokens, width}, 1).requires_grad_(), alpha = (some_alpha() + 0.1).requires_grad_(),
                   weights = normal({tokens, width}, 4);
  const auto loss = [&] { return (apply(bank, x, alpha) * weights).sum(); };
  kernels::expect_gradients(loss, {x, alpha, bank.w1, bank.w2});
}

TEST(BlockSparseExperts, TakeTokensThatNobodyTakes) {
  Initialiser initialiser{1, at::kDouble};
  const BlockSparseBank bank(0, width, parameters("block_sparse"), initialiser);
  const at::Tensor x = normal({tokens, width}, 1);
  EXPECT_EQ(apply(bank, x, at::zeros({tokens, experts}, at::kDouble)).abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace tessera
