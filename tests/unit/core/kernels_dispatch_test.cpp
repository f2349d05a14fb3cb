// dispatch: a brute-force list, its reference, and where gradients go.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "kernels/dispatch/op.h"
#include "kernels/gate/op.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

void expect_same(const Assignments& got, const Assignments& expected) {
  EXPECT_TRUE(at::equal(got.tokens, expected.tokens)) << got.tokens << expected.tokens;
  EXPECT_TRUE(at::equal(got.experts, expected.experts));
  EXPECT_TRUE(at::equal(got.offsets, expected.offsets)) << got.offsets << expected.offsets;
  EXPECT_TRUE(at::equal(got.weights, expected.weights));
}

Tensor integers(std::vector<int> values) { return torch::tensor(values, at::kInt); }

Tensor chosen_weights(std::int64_t tokens, std::int64_t experts, std::int64_t k, at::ScalarType type) {
  return gate(at::randn({tokens, experts}, type), {.k = k}).alpha;
}

TEST(Dispatch, ListsByExpertThenToken) {
  const Tensor alpha = torch::tensor({{.7, .3, 0.}, {0., .5, .5}, {1., 0., 0.}}, at::kDouble);
  for (const auto& a : {dispatch(alpha, 2), reference::dispatch(alpha, 2)}) {
    EXPECT_TRUE(at::equal(a.offsets, integers({0, 2, 4, 5})));
    EXPECT_TRUE(at::equal(a.tokens, integers({0, 2, 0, 1, 1, 0})));  // one of six places is unused
    EXPECT_TRUE(at::equal(a.experts, integers({0, 0, 1, 1, 2, 0})));
    EXPECT_TRUE(at::equal(a.weights, torch::tensor({.7, 1., .3, .5, .5, 0.}, at::kDouble)));
  }
}

TEST(Dispatch, AgreesWithTheReference) {
  at::manual_seed(1);
  const struct {
    std::int64_t tokens, experts, k;
  } cases[] = {{1, 1, 1}, {7, 5, 2}, {128, 8, 2}, {30, 4, 0}, {30, 4, 9}, {0, 3, 2}, {20000, 16, 3}};
  for (const auto& c : cases) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const Tensor alpha = chosen_weights(c.tokens, c.experts, c.k, type);
      expect_same(dispatch(alpha, c.k), reference::dispatch(alpha, c.k));
    }
  }
}

TEST(Dispatch, ExpertsWithoutTokensAndOneExpertWithAll) {
  Tensor alpha = at::zeros({6, 4});
  expect_same(dispatch(alpha, 1), reference::dispatch(alpha, 1));  // nobody
  alpha.select(1, 2).fill_(.5);
  const Assignments a = dispatch(alpha, 1);
  expect_same(a, reference::dispatch(alpha, 1));
  EXPECT_TRUE(at::equal(a.offsets, integers({0, 0, 0, 6, 6})));
}

TEST(Dispatch, ANaNIsAnEntry) {
  const Assignments a = dispatch(torch::tensor({{0.f, NAN}, {1.f, 0.f}}), 1);
  EXPECT_TRUE(at::equal(a.offsets, integers({0, 1, 2})));
  EXPECT_TRUE(a.weights[1].isnan().item<bool>());
}

TEST(Dispatch, GradientsGoBackToWhereTheWeightCameFrom) {
  at::manual_seed(2);
  const Tensor mask = chosen_weights(9, 5, 2, at::kDouble) != 0;
  Tensor alpha = at::rand({9, 5}, at::kDouble).requires_grad_();
  const Tensor d = at::randn({18}, at::kDouble);
  expect_gradients([&] { return (dispatch(alpha * mask, 2).weights * d).sum(); }, {alpha});
  expect_gradients([&] { return (dispatch(alpha, 0).weights.square()).sum(); }, {alpha});
}

TEST(Dispatch, GradientsOfUnusedPlacesGoNowhere) {
  const Tensor alpha = torch::tensor({{0.f, .5f}, {0.f, 0.f}}).requires_grad_();
  const Tensor gradient = torch::autograd::grad({dispatch(alpha, 2).weights.sum()}, {alpha})[0];
  EXPECT_TRUE(at::equal(gradient, torch::tensor({{0.f, 1.f}, {0.f, 0.f}})));
}

TEST(Dispatch, ListsDependNeitherOnThreadsNorOnTheRun) {
  at::manual_seed(3);
  const Tensor alpha = chosen_weights(50000, 8, 2, at::kFloat);
  const Assignments first = dispatch(alpha, 2);
  for (const int threads : {1, 2, 3}) {
    const Threads scope(threads);
    expect_same(dispatch(alpha, 2), first);
  }
}

TEST(Dispatch, BadArgumentsThrow) {
  EXPECT_THROW(dispatch(at::ones({4, 3}), 2), c10::Error);  // three entries in a row, where two have room
  EXPECT_THROW(dispatch(at::ones({4}), 2), c10::Error);
  EXPECT_THROW(dispatch(at::ones({4, 0}), 2), c10::Error);
  EXPECT_THROW(dispatch(at::ones({4, 3}, at::kInt), 2), c10::Error);
}

}  // namespace
}  // namespace tessera::kernels
