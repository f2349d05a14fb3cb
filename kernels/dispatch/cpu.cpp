// dispatch on the CPU: count, then place. Tokens are cut into parts, so that threads share the work; where an entry
// goes follows from the counts of the parts before, whichever thread writes it.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <vector>

#include "kernels/cpu/tasks.h"
#include "kernels/dispatch/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

constexpr std::int64_t entries_of_a_task = 1 << 16;

AssignmentLists dispatch_cpu(const Tensor& alpha, std::int64_t k) {
  const std::int64_t capacity = checked_dispatch(alpha, k), rows = alpha.size(0), experts = alpha.size(1);
  const Tensor in = alpha.contiguous();
  const auto integers = in.options().dtype(at::kInt);
  Tensor tokens = at::empty({capacity}, integers), expert = at::empty({capacity}, integers),
         weights = at::empty({capacity}, in.options()), offsets = at::empty({experts + 1}, integers);

  const std::int64_t part = std::max<std::int64_t>(entries_of_a_task / experts, 1), parts = (rows + part - 1) / part;
  std::vector<std::int32_t> next(static_cast<std::size_t>(parts * experts));  // [part][expert]: entries, then places
  AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "dispatch", [&] {
    const auto* const from = in.const_data_ptr<scalar_t>();
    auto* const to_token = tokens.mutable_data_ptr<std::int32_t>();
    auto* const to_expert = expert.mutable_data_ptr<std::int32_t>();
    auto* const to_offset = offsets.mutable_data_ptr<std::int32_t>();
    auto* const to_weight = weights.mutable_data_ptr<scalar_t>();
    const auto for_each_entry = [&](std::int64_t p, const auto& f) {
      std::int32_t* const at = next.data() + p * experts;
      for (std::int64_t t = p * part; t < std::min((p + 1) * part, rows); ++t) {
        for (std::int64_t e = 0; e < experts; ++e) f(t, e, from[t * experts + e], at[e]);
      }
    };
    cpu::for_each_task(parts, [&](std::int64_t p) {
      for_each_entry(p, [](std::int64_t, std::int64_t, scalar_t a, std::int32_t& n) { n += a != 0; });
    });
    std::int32_t used = 0;
    for (std::int64_t e = 0; e < experts; ++e) {
      to_offset[e] = used;
      for (std::int64_t p = 0; p < parts; ++p) used += std::exchange(next[p * experts + e], used);
    }
    to_offset[experts] = used;
    TORCH_CHECK(used <= capacity, "dispatch: alpha has ", used, " entries other than zero, the list holds ", capacity);
    cpu::for_each_task(parts, [&](std::int64_t p) {
      for_each_entry(p, [&](std::int64_t t, std::int64_t e, scalar_t a, std::int32_t& place) {
        if (a == 0) return;
        to_token[place] = static_cast<std::int32_t>(t);
        to_expert[place] = static_cast<std::int32_t>(e);
        to_weight[place++] = a;
      });
    });
    std::fill(to_token + used, to_token + capacity, 0);
    std::fill(to_expert + used, to_expert + capacity, 0);
    std::fill(to_weight + used, to_weight + capacity, scalar_t(0));
  });
  return {std::move(tokens), std::move(expert), std::move(weights), std::move(offsets)};
}

Tensor dispatch_backward_cpu(const Tensor& d_weights, const Tensor& tokens, const Tensor& experts,
                             const Tensor& offsets, std::int64_t rows) {
  checked_dispatch_backward(d_weights, tokens, experts, offsets, rows);
  const Tensor d = d_weights.contiguous(), of_token = tokens.contiguous(), of_expert = experts.contiguous(),
               bounds = offsets.contiguous();
  const std::int64_t width = offsets.size(0) - 1, used = bounds.const_data_ptr<std::int32_t>()[width];
  TORCH_CHECK(used >= 0 && used <= d.size(0), "dispatch_backward: offsets end at ", used, ", the list holds ",
              d.size(0));
  Tensor d_alpha = at::zeros({rows, width}, d.options());
  const auto* const token = of_token.const_data_ptr<std::int32_t>();
  const auto* const expert = of_expert.const_data_ptr<std::int32_t>();
  AT_DISPATCH_FLOATING_TYPES(d.scalar_type(), "dispatch_backward", [&] {
    const auto* const from = d.const_data_ptr<scalar_t>();
    auto* const to = d_alpha.mutable_data_ptr<scalar_t>();
    for (std::int64_t i = 0; i < used; ++i) {
      TORCH_CHECK(token[i] >= 0 && token[i] < rows && expert[i] >= 0 && expert[i] < width,
                  "dispatch_backward: assignment ", i, " is of token ", token[i], " and expert ", expert[i], ", of ",
                  rows, " and ", width);
      to[token[i] * width + expert[i]] = from[i];
    }
  });
  return d_alpha;
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CPU, m) {
  m.impl("dispatch", dispatch_cpu);
  m.impl("dispatch_backward", dispatch_backward_cpu);
}

}  // namespace tessera::kernels
