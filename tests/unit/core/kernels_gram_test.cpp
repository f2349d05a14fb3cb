// gram: LibTorch's product in float64, for every instruction set.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/gram/op.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

std::vector<Tensor> random_rows(std::int64_t count, std::int64_t size, at::ScalarType type) {
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < count; ++i) rows.push_back(at::randn({size}, type));
  return rows;
}

TEST(Gram, IsTheProductInFloat64) {
  for (const std::int64_t count : {1, 2, 5, 10}) {
    for (const std::int64_t size : {1, 17, 511, 30000}) {  // within a vector, a strip, and of several spans
      for (const auto type : {at::kFloat, at::kDouble}) {
        const auto rows = random_rows(count, size, type);
        const Tensor stacked = at::stack(rows).to(at::kDouble), wanted = at::mm(stacked, stacked.t());
        for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
          const Tensor got = cpu::gram(*set, rows);
          EXPECT_TRUE(near(got, wanted, type == at::kDouble ? 1e-13 : 1e-6)) << set->name << count << "x" << size;
          EXPECT_TRUE(at::equal(got, got.t()));
        }
      }
    }
  }
}

TEST(Gram, DoesNotDependOnThreads) {
  const auto rows = random_rows(7, 50000, at::kFloat);
  const auto with = [&](int threads) {
    const Threads scope(threads);
    return gram(rows);
  };
  EXPECT_TRUE(at::equal(with(1), with(2)));
  EXPECT_TRUE(at::equal(with(1), with(5)));
}

TEST(Gram, TakesMatricesThatAreNotContiguous) {
  const std::vector<Tensor> rows = {at::randn({3, 4}), at::randn({4, 3}).t()};
  EXPECT_NEAR(gram(rows)[0][1].item<double>(), (rows[0] * rows[1]).sum().item<double>(), 1e-5);
}

TEST(Gram, RefusesRowsThatAreNotAlike) {
  EXPECT_THROW(gram(std::vector<Tensor>{}), c10::Error);
  EXPECT_THROW(gram(std::vector<Tensor>{at::ones({2}), at::ones({3})}), c10::Error);
  EXPECT_THROW(gram(std::vector<Tensor>{at::ones({2}), at::ones({2}, at::kDouble)}), c10::Error);
}

}  // namespace
}  // namespace tessera::kernels
