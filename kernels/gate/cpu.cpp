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

// Rows of logits that are worth a thread's while, and how many such parts there are.
struct Parts {
  std::int64_t rows, experts;
  std::int64_t step = (std::max<std::int64_t>(16384 / experts, 1) + 15) / 16 * 16;
  std::int64_t count = (rows + step - 1) / step;

  // Calls f(part, first row, rows, scratch) for each.
  template <class T, class F>
  void for_each(const F& f) const {
    for_each_task(count, [&](std::int64_t i) {
      const Scratch<T> scratch(gate_scratch(experts));
      f(i, i * step, std::min(step, rows - i * step), scratch.data());
    });
  }
};

// Adds up the totals of all parts, always in the same order, and gives each output its own.
template <class T>
void add_totals(const std::vector<T>& of_parts, std::int64_t experts, GateOutput& out) {
  const T* from = of_parts.data();
  for (at::Tensor* to : {&out.load, &out.importance, &out.share, &out.first, &out.sums}) {
    const std::int64_t n = to->numel();
    T* const total = to->mutable_data_ptr<T>();
    for (std::int64_t e = 0; e < n; ++e) {
      double sum = 0;
      for (std::size_t at = 0; at < of_parts.size(); at += gate_totals(experts)) sum += from[at + e];
      total[e] = static_cast<T>(sum);
    }
    from += n;
  }
}

}  // namespace

GateOutput gate(const InstructionSet& set, const at::Tensor& logits, const GateSpec& spec, const at::Tensor& bias) {
  const at::Tensor in = logits.contiguous(), b = contiguous(bias);
  const std::int64_t experts = in.size(1);
  const Parts parts{in.size(0), experts};
  GateOutput out = empty_output(in);
  AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "gate", [&] {
    const auto* const from = data<scalar_t>(in);
    const auto* const of_bias = data<scalar_t>(b);
    auto* const alpha = out.alpha.mutable_data_ptr<scalar_t>();
    auto* const scores = out.scores.mutable_data_ptr<scalar_t>();
    std::vector<scalar_t> totals(static_cast<std::size_t>(parts.count * gate_totals(experts)));
    parts.for_each<scalar_t>([&](std::int64_t part, std::int64_t first, std::int64_t rows, scalar_t* scratch) {
      const std::int64_t at = first * experts;
      set.functions<scalar_t>().gate_forward({from + at, of_bias, alpha + at, scores + at,
                                              totals.data() + part * gate_totals(experts), rows, experts, spec,
                                              scratch});
    });
    add_totals(totals, experts, out);
  });
  return out;
}

at::Tensor gate_backward(const InstructionSet& set, const GateGradients& d, const at::Tensor& logits,
                         const GateOutput& out, const GateSpec& spec) {
  const at::Tensor in = logits.contiguous(), alpha = out.alpha.contiguous(), scores = out.scores.contiguous();
  const GateGradients given = contiguous(d);
  at::Tensor d_logits = at::empty_like(in);
  const std::int64_t experts = in.size(1);
  AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "gate_backward", [&] {
    const auto* const d_alpha = data<scalar_t>(given.alpha);
    const auto* const d_scores = data<scalar_t>(given.scores);
    auto* const to = d_logits.mutable_data_ptr<scalar_t>();
    Parts{in.size(0), experts}.for_each<scalar_t>(
        [&](std::int64_t, std::int64_t first, std::int64_t rows, scalar_t* scratch) {
          const std::int64_t at = first * experts;
          set.functions<scalar_t>().gate_backward(
              {d_alpha ? d_alpha + at : nullptr, d_scores ? d_scores + at : nullptr, data<scalar_t>(given.importance),
               data<scalar_t>(given.share), data<scalar_t>(given.sums), data<scalar_t>(in) + at,
               data<scalar_t>(alpha) + at, data<scalar_t>(scores) + at, to + at, rows, experts, spec, scratch});
        });
  });
  return d_logits;
}

}  // namespace cpu

namespace {

GateOutput gate_cpu(const at::Tensor& logits, const GateSpec& spec, const at::Tensor& bias) {
  return cpu::gate(*cpu::instruction_sets()[0], logits, spec, bias);
}

at::Tensor gate_backward_cpu(const GateGradients& d, const at::Tensor& logits, const GateOutput& out,
                             const GateSpec& spec) {
  return cpu::gate_backward(*cpu::instruction_sets()[0], d, logits, out, spec);
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CPU, m) {
  m.impl("gate", gate_registered<gate_cpu>);
  m.impl("gate_backward", gate_backward_registered<gate_backward_cpu>);
}

}  // namespace tessera::kernels
