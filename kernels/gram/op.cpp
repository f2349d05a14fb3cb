// Gram matrices: spans of the rows' elements, one a task, whose sums are added up in their order.
#include "kernels/gram/op.h"

#include <ATen/ATen.h>

#include <vector>

#include "kernels/cpu/tasks.h"

namespace tessera::kernels {
namespace cpu {

at::Tensor gram(const InstructionSet& set, at::TensorList rows) {
  constexpr std::int64_t span = 1 << 13;  // elements
  const auto count = static_cast<std::int64_t>(rows.size());
  const std::int64_t size = rows[0].numel(), parts = (size + span - 1) / span;
  const at::Tensor sums = at::zeros({parts, count, count}, at::kDouble);
  std::vector<at::Tensor> contiguous;
  for (const at::Tensor& row : rows) contiguous.push_back(row.contiguous());
  AT_DISPATCH_FLOATING_TYPES(rows[0].scalar_type(), "gram", [&] {
    std::vector<const scalar_t*> at;
    for (const at::Tensor& row : contiguous) at.push_back(row.const_data_ptr<scalar_t>());
    auto* const to = sums.mutable_data_ptr<double>();
    for_each_task(parts, [&](std::int64_t p) {
      set.functions<scalar_t>().gram({at.data(), count}, p * span, std::min((p + 1) * span, size),
                                     to + p * count * count);
    });
  });
  at::Tensor lower = at::zeros({count, count}, at::kDouble);
  for (std::int64_t p = 0; p < parts; ++p) lower += sums[p];
  return lower + lower.tril(-1).t();
}

}  // namespace cpu

at::Tensor gram(at::TensorList rows) {
  TORCH_CHECK(!rows.empty(), "gram: no rows");
  for (const at::Tensor& row : rows) {
    TORCH_CHECK(row.sizes() == rows[0].sizes() && row.scalar_type() == rows[0].scalar_type() &&
                    row.device() == rows[0].device(),
                "gram: rows are of one shape, dtype and device");
  }
  if (rows[0].is_cpu()) return cpu::gram(*cpu::instruction_sets()[0], rows);
  std::vector<at::Tensor> flat;
  for (const at::Tensor& row : rows) flat.push_back(row.flatten());
  const at::Tensor stacked = at::stack(flat);
  return at::mm(stacked, stacked.t()).to(at::kCPU, at::kDouble);
}

}  // namespace tessera::kernels
