// linear: LibTorch's addmm and finite differences, for every instruction set.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/linear/op.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

struct Shape {
  std::int64_t rows, in, out;
};
// One of everything, no rows, shapes that fill no tile, the default encoder's, several parts in each direction.
constexpr Shape shapes[] = {{1, 1, 1}, {0, 3, 2}, {7, 5, 3}, {128, 784, 64}, {65, 33, 31}, {200, 70, 97}};

class LinearOf : public testing::TestWithParam<Shape> {};

TEST_P(LinearOf, IsThatOfLibTorch) {
  const auto [rows, in, out] = GetParam();
  for (const auto type : {at::kFloat, at::kDouble}) {
    const Tensor x = at::randn({rows, in}, type), w = at::randn({in, out}, type), b = at::randn({out}, type),
                 dy = at::randn({rows, out}, type);
    const double tolerance = 4 * tolerance_of(type);
    for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
      for (const int threads : {1, 3}) {
        const Threads scope(threads);
        EXPECT_TRUE(near(cpu::linear(*set, x, w, b), at::addmm(b, x, w), tolerance)) << set->name;
        const auto d = cpu::linear_backward(*set, dy, x, w, true);
        EXPECT_TRUE(near(d.x, at::mm(dy, w.t()), tolerance)) << set->name;
        EXPECT_TRUE(near(d.w, at::mm(x.t(), dy), tolerance)) << set->name;
        EXPECT_TRUE(near(d.b, dy.sum(0), tolerance)) << set->name;
      }
    }
  }
}

std::string name_of(const testing::TestParamInfo<Shape>& info) {
  return std::to_string(info.param.rows) + "x" + std::to_string(info.param.in) + "x" + std::to_string(info.param.out);
}
INSTANTIATE_TEST_SUITE_P(Shapes, LinearOf, testing::ValuesIn(shapes), name_of);

TEST(Linear, DoesNotDependOnThreads) {
  const Tensor x = at::randn({200, 100}), w = at::randn({100, 70}), b = at::randn({70}), dy = at::randn({200, 70});
  const auto all = [&](int threads) {
    const Threads scope(threads);
    const auto d = cpu::linear_backward(*cpu::instruction_sets()[0], dy, x, w, true);
    return at::cat({linear(x, w, b).flatten(), d.x.flatten(), d.w.flatten(), d.b});
  };
  const Tensor one = all(1);
  for (const int threads : {2, 5}) EXPECT_TRUE(at::equal(all(threads), one)) << threads;
}

TEST(Linear, GradientsAreThoseOfFiniteDifferences) {
  Tensor x = at::randn({4, 5}, at::kDouble).requires_grad_(), w = at::randn({5, 3}, at::kDouble).requires_grad_(),
         b = at::randn({3}, at::kDouble).requires_grad_();
  const Tensor weights = at::randn({4, 3}, at::kDouble);
  expect_gradients([&] { return (linear(x, w, b).sin() * weights).sum(); }, {x, w, b});
}

TEST(Linear, TakesViewsThatAreNotContiguous) {
  const Tensor x = at::randn({5, 4}).t(), w = at::randn({3, 5}).t(), b = at::randn({6}).slice(0, 0, 6, 2);
  EXPECT_TRUE(near(linear(x, w, b), at::addmm(b, x, w), 1e-6));
}

TEST(Linear, RefusesShapesThatDoNotFit) {
  const Tensor x = at::ones({2, 3});
  EXPECT_THROW(linear(x, at::ones({4, 2}), at::ones({2})), c10::Error);
  EXPECT_THROW(linear(x, at::ones({3, 2}), at::ones({3})), c10::Error);
  EXPECT_THROW(linear(x, at::ones({3, 2}, at::kDouble), at::ones({2})), c10::Error);
}

}  // namespace
}  // namespace tessera::kernels
