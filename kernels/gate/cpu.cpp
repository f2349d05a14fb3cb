// The gate on the CPU: memory, threads, and the choice of the vectorised code.
#include "kernels/gate/cpu.h"

#include <ATen/ATen.h>
#include <torch/library.h>

#include "kernels/cpu/instruction_sets.h"
#include "kernels/cpu/tasks.h"
#include "kernels/gate/detail.h"

namespace tessera::kernels {
namespace cpu {
namespace {

// Rows of logits that are worth a thread's while.
std::int64_t rows_of_a_task(std::int64_t experts) {
  return (std::max<std::int64_t>(16384 / experts, 1) + 15) / 16 * 16;
}

// Calls f(first row, rows, scratch) for parts of all rows.
template <class T, class F>
void for_rows(std::int64_t rows, std::int64_t experts, const F& f) {
  const std::int64_t step = rows_of_a_task(experts);
  for_each_task((rows + step - 1) / step, [&](std::int64_t i) {
    const Scratch<T> scratch(gate_scratch(experts));
    f(i * step, std::min(step, rows - i * step), scratch.data());
  });
}

}  // namespace

std::tuple<at::Tensor, at::Tensor> gate(const InstructionSet& set, const at::Tensor& logits,
                                        const GateArguments& arguments) {
  const at::Tensor in = logits.contiguous();
  at::Tensor alpha = at::empty_like(in), scores = at::empty_like(in);
  const std::int64_t experts = in.size(1);
  AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "gate", [&] {
    const auto* from = in.const_data_ptr<scalar_t>();
    auto* to_alpha = alpha.mutable_data_ptr<scalar_t>();
    auto* to_scores = scores.mutable_data_ptr<scalar_t>();
    for_rows<scalar_t>(in.size(0), experts, [&](std::int64_t first, std::int64_t rows, scalar_t* scratch) {
      const std::int64_t at = first * experts;
      set.functions<scalar_t>().gate_forward({from + at, to_alpha + at, to_scores + at, rows, experts, arguments.k,
                                              static_cast<scalar_t>(arguments.temperature), arguments.score,
                                              arguments.normalise, scratch});
    });
  });
  return {std::move(alpha), std::move(scores)};
}

at::Tensor gate_backward(const InstructionSet& set, const std::optional<at::Tensor>& d_alpha,
                         const std::optional<at::Tensor>& d_scores, const at::Tensor& alpha, const at::Tensor& scores,
                         const GateArguments& arguments) {
  const at::Tensor da = d_alpha ? d_alpha->contiguous() : at::Tensor(),
                   ds = d_scores ? d_scores->contiguous() : at::Tensor(), a = alpha.contiguous(),
                   s = scores.contiguous();
  at::Tensor d_logits = at::empty_like(a);
  const std::int64_t experts = a.size(1);
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "gate_backward", [&] {
    const auto* from_da = da.defined() ? da.const_data_ptr<scalar_t>() : nullptr;
    const auto* from_ds = ds.defined() ? ds.const_data_ptr<scalar_t>() : nullptr;
    const auto* from_a = a.const_data_ptr<scalar_t>();
    const auto* from_s = s.const_data_ptr<scalar_t>();
    auto* to = d_logits.mutable_data_ptr<scalar_t>();
    for_rows<scalar_t>(a.size(0), experts, [&](std::int64_t first, std::int64_t rows, scalar_t* scratch) {
      const std::int64_t at = first * experts;
      set.functions<scalar_t>().gate_backward(
          {from_da ? from_da + at : nullptr, from_ds ? from_ds + at : nullptr, from_a + at, from_s + at, to + at, rows,
           experts, static_cast<scalar_t>(arguments.temperature), arguments.score, arguments.normalise, scratch});
    });
  });
  return d_logits;
}

}  // namespace cpu

namespace {

std::tuple<at::Tensor, at::Tensor> gate_cpu(const at::Tensor& logits, double temperature, std::string_view score,
                                            std::int64_t k, bool normalise) {
  return cpu::gate(*cpu::instruction_sets()[0], logits, checked_gate(logits, temperature, score, k, normalise));
}

at::Tensor gate_backward_cpu(const std::optional<at::Tensor>& d_alpha, const std::optional<at::Tensor>& d_scores,
                             const at::Tensor& alpha, const at::Tensor& scores, double temperature,
                             std::string_view score, bool normalise) {
  return cpu::gate_backward(*cpu::instruction_sets()[0], d_alpha, d_scores, alpha, scores,
                            checked_gate_backward(d_alpha, d_scores, alpha, scores, temperature, score, normalise));
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CPU, m) {
  m.impl("gate", gate_cpu);
  m.impl("gate_backward", gate_backward_cpu);
}

}  // namespace tessera::kernels
