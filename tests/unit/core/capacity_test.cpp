// Capacity: by hand, and against a loop over tokens.
#include "core/moe/capacity.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace tessera {
namespace {

using Capacity = RouterParameters::Capacity;

TokenContext context(bool training = false, std::int64_t sequence = 0) {
  TokenContext c;
  c.training = training;
  c.sequence_length = sequence;
  return c;
}

TEST(Capacity, InNumbers) {
  Capacity c;
  EXPECT_FALSE(expert_capacity(c, true, 100, 8));
  c.train = 1.25;
  EXPECT_EQ(expert_capacity(c, true, 100, 8), 15);  // 15.625
  EXPECT_FALSE(expert_capacity(c, false, 100, 8));
  c.minimum = 20;
  EXPECT_EQ(expert_capacity(c, true, 100, 8), 20);
  c.minimum = 0;
  c.train = 1.2;
  EXPECT_EQ(expert_capacity(c, true, 35, 3), 14);  // 1.2 x 35 / 3, and not 1.2 x 11.666..., a little less
  c = {};
  c.train = 2;
  c.rounding = "up";
  EXPECT_EQ(expert_capacity(c, true, 100, 8), 26);  // 2 x 13
  c.tokens = 64;
  EXPECT_EQ(expert_capacity(c, false, 100, 8), 64);
}

TEST(Capacity, FirstChoicesComeFirstAndEarlierTokensBeforeLater) {
  // Expert 0 is the second choice of token 0, and the first one of tokens 1 and 2.
  const at::Tensor alpha = at::tensor({.4, .6, .7, .3, .9, .1}, at::kDouble).view({3, 2});
  Capacity c;
  c.tokens = 2;
  const at::Tensor expected = at::tensor({0, 1, 1, 1, 1, 0}, at::kInt).view({3, 2}).to(at::kBool);
  EXPECT_TRUE(at::equal(within_capacity(alpha, c, context()), expected));
  c.tokens = 1;
  c.order = "priority";  // token 2 is the surest
  const at::Tensor surest = at::tensor({0, 1, 0, 0, 1, 0}, at::kInt).view({3, 2}).to(at::kBool);
  EXPECT_TRUE(at::equal(within_capacity(alpha, c, context()), surest));
}

// Token by token, rank by rank.
at::Tensor by_loop(const at::Tensor& alpha, std::int64_t most, bool priority) {
  const std::int64_t T = alpha.size(0), E = alpha.size(1);
  at::Tensor keep = at::ones_like(alpha, at::kBool);
  std::vector<std::int64_t> room(static_cast<std::size_t>(E), most), order(static_cast<std::size_t>(T));
  std::iota(order.begin(), order.end(), 0);
  const auto value = [&](std::int64_t t, std::int64_t e) { return alpha[t][e].item<double>(); };
  const auto choices = [&](std::int64_t t) {
    std::vector<std::int64_t> chosen;
    for (std::int64_t e = 0; e < E; ++e) {
      if (value(t, e) != 0) chosen.push_back(e);
    }
    std::stable_sort(chosen.begin(), chosen.end(), [&](auto a, auto b) { return value(t, a) > value(t, b); });
    return chosen;
  };
  if (priority) {
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return alpha[a].max().item<double>() > alpha[b].max().item<double>();
    });
  }
  for (std::size_t rank = 0; rank < static_cast<std::size_t>(E); ++rank) {
    for (const std::int64_t t : order) {
      const auto chosen = choices(t);
      if (rank >= chosen.size()) continue;
      const std::int64_t e = chosen[rank];
      if (room[static_cast<std::size_t>(e)]-- <= 0) keep[t][e] = false;
    }
  }
  return keep;
}

TEST(Capacity, AgreesWithALoop) {
  const auto generator = at::detail::createCPUGenerator(5);
  for (const std::int64_t k : {1, 2, 3}) {
    for (const bool priority : {false, true}) {
      const at::Tensor scores = at::rand({30, 5}, generator, at::kDouble);
      const at::Tensor alpha =
          at::zeros_like(scores).scatter(1, std::get<1>(scores.topk(k, 1)), std::get<0>(scores.topk(k, 1)));
      for (const std::int64_t most : {1, 4, 9}) {
        Capacity c;
        c.tokens = most;
        c.order = priority ? "priority" : "position";
        EXPECT_TRUE(at::equal(within_capacity(alpha, c, context()), by_loop(alpha, most, priority))) << k << most;
        c.of = "sequence";
        const at::Tensor parts =
            at::cat({by_loop(alpha.narrow(0, 0, 10), most, priority), by_loop(alpha.narrow(0, 10, 10), most, priority),
                     by_loop(alpha.narrow(0, 20, 10), most, priority)});
        EXPECT_TRUE(at::equal(within_capacity(alpha, c, context(false, 10)), parts)) << k << most;
      }
    }
  }
}

TEST(Capacity, TakesNegativeWeightsAndNoTokens) {
  Capacity c;
  c.tokens = 1;
  const at::Tensor alpha = at::tensor({-1., 0., -.5, 0.}, at::kDouble).view({2, 2});
  const at::Tensor expected = at::tensor({1, 1, 0, 1}, at::kInt).view({2, 2}).to(at::kBool);
  EXPECT_TRUE(at::equal(within_capacity(alpha, c, context()), expected));
  EXPECT_EQ(within_capacity(at::zeros({0, 3}, at::kDouble), c, context()).numel(), 0);
}

}  // namespace
}  // namespace tessera
