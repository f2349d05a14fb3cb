// block_sparse_mm: a hand-worked case, its reference for every instruction set, finite differences, and what a pattern
// promises: blocks that are not active are neither read nor given a gradient.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "kernels/block_sparse/detail.h"
#include "kernels/block_sparse/op.h"
#include "kernels/cpu/instruction_sets.h"
#include "tests/unit/core/kernels_block_sparse_case.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

Tensor in_blocks(const Tensor& values, std::int64_t block) {
  return values.repeat_interleave(block, 0).repeat_interleave(block, 1);
}

TEST(BlockPattern, ListsTheActiveBlocksBothWays) {
  const Tensor mask = torch::tensor({{1, 0, 1}, {0, 0, 1}}, at::kInt).to(at::kBool);
  const BlockPattern p = block_pattern(mask, 8);
  const auto list = [](std::vector<int> v) { return torch::tensor(v, at::kInt); };
  EXPECT_TRUE(at::equal(p.rows, list({0, 0, 1})));
  EXPECT_TRUE(at::equal(p.of_column, list({0, 1, 1, 3})));
  EXPECT_TRUE(at::equal(p.columns, list({0, 2, 2})));
  EXPECT_TRUE(at::equal(p.of_row, list({0, 2, 3})));
  const BlockPattern two = block_pattern(at::stack({mask, ~mask}), 8);
  EXPECT_TRUE(at::equal(two.rows, list({0, 0, 1, 1, 0, 1})));
  EXPECT_TRUE(at::equal(two.of_column, list({0, 1, 1, 3, 4, 6, 6})));
  EXPECT_TRUE(at::equal(two.columns, list({0, 2, 2, 1, 0, 1})));
  EXPECT_TRUE(at::equal(two.of_row, list({0, 2, 3, 4, 6})));
}

// Blocks of one value each, so that every sum of a block is 8 times a product of two numbers.
TEST(BlockSparse, HandWorkedCase) {
  const Tensor mask = torch::tensor({{{1, 0}, {1, 1}}, {{0, 1}, {0, 0}}}, at::kInt).to(at::kBool);
  const Tensor x = torch::tensor({{1., 2.}, {3., -1.}, {5., 7.}}).repeat_interleave(8, 1).requires_grad_();
  const Tensor w = in_blocks(torch::tensor({{2., 3.}, {-1., 4.}}), 8).requires_grad_();
  const Tensor y = block_sparse_mm(x, w, block_pattern(mask, 8), torch::tensor({0, 2, 3}, at::kInt));
  // Expert 0 has tokens 0 and 1 and all blocks but (0, 1); expert 1 has token 2 and that block only.
  const Tensor expected = torch::tensor({{8. * (2 - 2), 8. * 8}, {8. * (6 + 1), 8. * -4}, {0., 8. * 15}});
  EXPECT_TRUE(near(y, expected.repeat_interleave(8, 1), 1e-6));
  const auto d =
      torch::autograd::grad({y}, {x, w}, {torch::tensor({{1., 1.}, {0., 2.}, {3., 1.}}).repeat_interleave(8, 1)});
  const Tensor dx = torch::tensor({{8. * 2, 8. * (-1 + 4)}, {0., 8. * 8}, {8. * 3, 0.}});
  EXPECT_TRUE(near(d[0], dx.repeat_interleave(8, 1), 1e-6));
  EXPECT_TRUE(near(d[1], in_blocks(torch::tensor({{1., 5.}, {2., 2. - 2}}), 8), 1e-6));
}

TEST(BlockSparse, ForwardAndBackwardOfEveryVersionAgreeWithTheReference) {
  for (const BlockSparseCase& c : block_sparse_cases()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const BlockSparseExample example(c, type), exact = example.to(at::kCPU, at::kDouble);
      const auto expected = exact.with_gradients(exact.reference()), got = example.with_gradients(example.ours());
      const auto agree = [&](const std::vector<Tensor>& all, const char* version) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
          EXPECT_TRUE(near(all[i], expected[i], 10 * tolerance_of(type)))
              << version << ", " << c.name << ", pattern " << int(c.active) << ", tensor " << i;
        }
      };
      agree(got, "through autograd");
      const at::NoGradGuard no_gradients;
      const BlockSparseInputs inputs =
          checked_block_sparse({example.x, example.w, block_pattern(example.mask, c.block), example.offsets});
      for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
        const auto d = cpu::block_sparse_mm_backward(*set, example.gradient, inputs, {true, true});
        agree({cpu::block_sparse_mm(*set, inputs), d[0], d[1]}, set->name);
      }
    }
  }
}

TEST(BlockSparse, GradientsByFiniteDifferences) {
  for (const BlockSparseCase& c : {BlockSparseCase{"one expert", 8, 2, 3, Active::random, {4}},
                                   BlockSparseCase{"three", 8, 2, 2, Active::random, {2, 0, 3}, 1}}) {
    const BlockSparseExample e(c, at::kDouble);
    expect_gradients([&] { return (e.ours().sin() * e.gradient).sum(); }, {e.x, e.w});
  }
}

TEST(BlockSparse, GradientsOnlyOfWhatIsAskedFor) {
  const BlockSparseExample e({"", 16, 3, 4, Active::random, {20, 30}}, at::kFloat);
  const auto both = e.with_gradients(e.ours());
  for (const bool of_x : {true, false}) {
    Tensor(e.x).requires_grad_(of_x);
    Tensor(e.w).requires_grad_(!of_x);
    const auto d = torch::autograd::grad({e.ours()}, {of_x ? e.x : e.w}, {e.gradient});
    EXPECT_TRUE(at::equal(d[0], both[of_x ? 1 : 2])) << of_x;
  }
}

TEST(BlockSparse, BlocksThatAreNotActiveAreNotReadAndHaveNoGradient) {
  BlockSparseExample e({"", 16, 4, 5, Active::random, {20, 30}}, at::kFloat);
  const auto expected = e.with_gradients(e.ours());
  const Tensor unused = in_blocks(~e.mask.any(0), 16);
  EXPECT_TRUE(unused.any().item<bool>());
  e.w = e.w.detach().masked_fill(unused, NAN).requires_grad_();
  const auto got = e.with_gradients(e.ours());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(at::equal(got[i], expected[i])) << i;
  EXPECT_TRUE((got[2].masked_select(unused) == 0).all().item<bool>());
  EXPECT_TRUE((got[2].masked_select(~unused) != 0).all().item<bool>());
}

TEST(BlockSparse, AnExpertGetsTheBitsItWouldGetAlone) {
  const BlockSparseExample e({"", 32, 3, 4, Active::random, {70, 1, 200}}, at::kFloat);
  const Tensor y = e.ours();
  const int* const offset = e.offsets.data_ptr<int>();
  for (int i = 0; i < 3; ++i) {
    const Tensor alone = block_sparse_mm(e.x.slice(0, offset[i], offset[i + 1]), e.w, block_pattern(e.mask[i], 32));
    EXPECT_TRUE(at::equal(y.slice(0, offset[i], offset[i + 1]), alone)) << i;
  }
}

TEST(BlockSparse, BitsDependNeitherOnThreadsNorOnTheRun) {
  const BlockSparseExample e({"", 64, 8, 10, Active::random, {300, 90, 7}, 3}, at::kFloat);
  const auto expected = e.with_gradients(e.ours());
  for (const int threads : {1, 2, 5, 2}) {
    const Threads scope(threads);
    const auto got = e.with_gradients(e.ours());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(at::equal(got[i], expected[i])) << threads << " " << i;
  }
}

TEST(BlockSparse, TakesViewsThatAreNotContiguous) {
  const BlockSparseExample e({"", 8, 3, 4, Active::random, {20}}, at::kDouble);
  const Tensor y = block_sparse_mm(e.x.t().contiguous().t(), e.w.t().contiguous().t(), block_pattern(e.mask, 8));
  EXPECT_TRUE(at::equal(y, e.ours()));
  const Tensor dy = e.gradient.t().contiguous().t();
  EXPECT_TRUE(at::equal(torch::autograd::grad({y}, {e.x}, {dy})[0], e.with_gradients(e.ours())[1]));
}

TEST(BlockSparse, BadArgumentsThrow) {
  const BlockSparseExample e({"", 8, 3, 4, Active::random, {5, 6}}, at::kFloat);
  const BlockPattern p = block_pattern(e.mask, 8);
  EXPECT_NO_THROW(block_sparse_mm(e.x, e.w, p, e.offsets));
  EXPECT_THROW(block_sparse_mm(e.x, e.w.slice(1, 0, 24), p, e.offsets), c10::Error);
  EXPECT_THROW(block_sparse_mm(e.x.slice(1, 0, 16), e.w, p, e.offsets), c10::Error);
  EXPECT_THROW(block_sparse_mm(e.x.to(at::kDouble), e.w, p, e.offsets), c10::Error);
  EXPECT_THROW(block_sparse_mm(e.x.to(at::kHalf), e.w.to(at::kHalf), p, e.offsets), c10::Error);
  EXPECT_THROW(block_sparse_mm(e.x, e.w, p), c10::Error) << "two experts need offsets";
  EXPECT_THROW(block_sparse_mm(e.x, e.w, p, e.offsets.to(at::kLong)), c10::Error);
  EXPECT_THROW(block_sparse_mm(e.x, e.w, p, e.offsets + 1), c10::Error);
  EXPECT_THROW(block_sparse_mm(e.x, e.w, p, e.offsets.flip(0)), c10::Error);
  const auto with = [&](auto change) {
    BlockPattern other = p;
    change(other);
    const Tensor y = block_sparse_mm(e.x, e.w, other, e.offsets);  // goes by columns, the backward pass by rows
    torch::autograd::grad({y}, {e.x, e.w}, {e.gradient});
  };
  EXPECT_NO_THROW(with([](BlockPattern&) {}));
  EXPECT_THROW(with([](BlockPattern& o) { o.rows = o.rows + 3; }), c10::Error);
  EXPECT_THROW(with([](BlockPattern& o) { o.rows = o.rows - 3; }), c10::Error);
  EXPECT_THROW(with([](BlockPattern& o) { o.columns = o.columns + 4; }), c10::Error);
  EXPECT_THROW(with([](BlockPattern& o) { o.columns = at::zeros_like(o.columns); }), c10::Error);
  EXPECT_THROW(with([](BlockPattern& o) { o.of_column = o.of_column + 1; }), c10::Error);
  EXPECT_THROW(with([](BlockPattern& o) { o.of_row = o.of_row.flip(0); }), c10::Error);
  for (const std::int64_t block : {0, 4, 12, 264, -8}) EXPECT_THROW(block_pattern(e.mask, block), c10::Error) << block;
  EXPECT_THROW(block_pattern(e.mask.to(at::kFloat), 8), c10::Error);
  EXPECT_THROW(block_pattern(e.mask[0][0], 8), c10::Error);
}

}  // namespace
}  // namespace tessera::kernels
