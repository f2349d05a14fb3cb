// expert_mlp on the CPU: memory, and how the work is cut into tasks.
//
// Forward: hidden and weighted output rows of each assignment (blocks of an expert's rows), then each token's sum of
// its rows. Backward: the rows' gradients likewise, then the parameters' (rows of an expert's matrix) and each token's
// sum. The cuts depend on the assignments only and no sum crosses them, so results don't depend on threads.
#include "kernels/expert_mlp/cpu.h"

#include <ATen/ATen.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

#include "kernels/cpu/instruction_sets.h"
#include "kernels/cpu/tasks.h"
#include "kernels/expert_mlp/detail.h"

namespace tessera::kernels {
namespace cpu {
namespace {

using at::Tensor;

// Which assignments belong to a token: order[start[t]] up to order[start[t + 1]], in ascending order.
struct ByToken {
  std::vector<std::int32_t> start, order;
};

ByToken by_token(const MlpInputs& in) {
  const std::int64_t tokens = in.x.size(0), experts = in.w1.size(0), capacity = in.tokens.size(0);
  const auto* const token = in.tokens.const_data_ptr<std::int32_t>();
  const auto* const offset = in.offsets.const_data_ptr<std::int32_t>();
  TORCH_CHECK(offset[0] == 0 && std::is_sorted(offset, offset + experts + 1) && offset[experts] <= capacity,
              "expert_mlp: offsets ascend from 0 to at most the number of assignments");
  const std::int32_t used = offset[experts];
  ByToken by{std::vector<std::int32_t>(static_cast<std::size_t>(tokens) + 2),
             std::vector<std::int32_t>(static_cast<std::size_t>(used))};
  for (std::int32_t i = 0; i < used; ++i) {
    TORCH_CHECK(token[i] >= 0 && token[i] < tokens, "expert_mlp: token ", token[i], " of ", tokens);
    ++by.start[static_cast<std::size_t>(token[i]) + 2];
  }
  for (std::size_t t = 2; t < by.start.size(); ++t) by.start[t] += by.start[t - 1];
  for (std::int32_t i = 0; i < used; ++i) by.order[by.start[static_cast<std::size_t>(token[i]) + 1]++] = i;
  return by;
}

std::vector<MlpRows> blocks_of_rows(const MlpInputs& in) {
  const auto* const offset = in.offsets.const_data_ptr<std::int32_t>();
  std::vector<MlpRows> blocks;
  for (std::int64_t e = 0; e < in.w1.size(0); ++e) {
    const std::int64_t n = offset[e + 1] - offset[e], parts = (n + block_rows - 1) / block_rows;
    for (std::int64_t i = 0; i < parts; ++i) {
      blocks.push_back({e, offset[e] + n * i / parts, offset[e] + n * (i + 1) / parts});
    }
  }
  std::sort(blocks.begin(), blocks.end(), [](const MlpRows& a, const MlpRows& b) {
    return std::make_pair(b.last - b.first, a.first) < std::make_pair(a.last - a.first, b.first);
  });
  return blocks;
}

std::vector<MlpGradientRows> blocks_of_gradients(const MlpInputs& in, const MlpWanted& wanted) {
  const auto* const offset = in.offsets.const_data_ptr<std::int32_t>();
  const std::int64_t D = in.w1.size(1), H = in.w1.size(2);
  std::vector<std::pair<std::int64_t, MlpGradientRows>> blocks;  // with their cost
  for (std::int64_t e = 0; e < in.w1.size(0); ++e) {
    const std::int64_t n = offset[e + 1] - offset[e] + 1;
    const auto cut = [&](std::int64_t rows, std::int64_t columns, bool second) {
      for (std::int64_t first = 0; first < rows; first += gradient_rows) {
        const std::int64_t last = std::min(first + gradient_rows, rows);
        blocks.push_back({n * (last - first) * columns, {e, first, last, second}});
      }
    };
    if (wanted[2] || wanted[3]) cut(D, H, false);
    if (wanted[4] || wanted[5]) cut(H, D, true);
  }
  std::stable_sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<MlpGradientRows> sorted;
  for (const auto& [cost, block] : blocks) sorted.push_back(block);
  return sorted;
}

template <class T>
MlpShape<T> shape_of(const MlpInputs& in, Activation activation) {
  const std::int64_t D = in.w1.size(1), H = in.w1.size(2);
  return {in.tokens.const_data_ptr<std::int32_t>(),
          in.offsets.const_data_ptr<std::int32_t>(),
          in.x.const_data_ptr<T>(),
          in.weights.const_data_ptr<T>(),
          in.w1.const_data_ptr<T>(),
          in.w2.const_data_ptr<T>(),
          in.b2.const_data_ptr<T>(),
          D,
          H,
          padded(D),
          padded(H),
          activation};
}

// The tokens' sums of rows, by `parts` tasks of which this does one.
template <class T>
void combine(const Functions<T>& functions, const MlpCombine<T>& m, std::int64_t tokens, std::int64_t parts,
             std::int64_t part) {
  functions.mlp_combine(m, tokens * part / parts, tokens * (part + 1) / parts);
}

std::int64_t parts_of_combine(const MlpInputs& in) {
  return std::min<std::int64_t>(in.x.size(0), 1 + in.tokens.size(0) * in.x.size(1) / (1 << 15));
}

}  // namespace

MlpKept expert_mlp(const InstructionSet& set, const MlpInputs& in, Activation activation, bool keep) {
  const ByToken by = by_token(in);
  const std::vector<MlpRows> blocks = blocks_of_rows(in);
  const std::int64_t D = in.w1.size(1), H = in.w1.size(2), used = static_cast<std::int64_t>(by.order.size());
  MlpKept kept{at::empty_like(in.x), at::empty({used, padded(H)}, in.x.options()), {}};
  kept.slope = at::empty({keep && activation != Activation::relu ? used : 0, padded(H)}, in.x.options());
  AT_DISPATCH_FLOATING_TYPES(in.x.scalar_type(), "expert_mlp", [&] {
    const Scratch<scalar_t> out(used * padded(D));
    const Functions<scalar_t>& functions = set.functions<scalar_t>();
    const MlpForward<scalar_t> m{shape_of<scalar_t>(in, activation), in.b1.const_data_ptr<scalar_t>(),
                                 kept.hidden.mutable_data_ptr<scalar_t>(),
                                 kept.slope.numel() ? kept.slope.mutable_data_ptr<scalar_t>() : nullptr, out.data()};
    for_each_task(static_cast<std::int64_t>(blocks.size()), [&](std::int64_t i) {
      const Scratch<scalar_t> scratch(mlp_scratch(D, H));
      functions.mlp_forward(m, blocks[i], scratch.data());
    });
    const MlpCombine<scalar_t> sums{
        by.start.data(), by.order.data(), out.data(), kept.y.mutable_data_ptr<scalar_t>(), D, padded(D)};
    const std::int64_t parts = parts_of_combine(in);
    for_each_task(parts, [&](std::int64_t i) { combine(functions, sums, in.x.size(0), parts, i); });
  });
  return kept;
}

MlpGradients expert_mlp_backward(const InstructionSet& set, const Tensor& d_out, const MlpInputs& in,
                                 const Tensor& hidden, const Tensor& slope, Activation activation,
                                 const MlpWanted& wanted) {
  check_mlp_backward(in, d_out, hidden, slope, activation);
  const ByToken by = by_token(in);
  const std::vector<MlpRows> blocks = blocks_of_rows(in);
  const std::vector<MlpGradientRows> gradients = blocks_of_gradients(in, wanted);
  const Tensor dy = d_out.contiguous();
  const std::int64_t D = in.w1.size(1), H = in.w1.size(2), used = static_cast<std::int64_t>(by.order.size());
  TORCH_CHECK(hidden.size(0) == used && hidden.size(1) == padded(H),
              "expert_mlp_backward: hidden is not its forward's");
  const Tensor* const like[] = {&in.x, &in.weights, &in.w1, &in.b1, &in.w2, &in.b2};
  MlpGradients d;
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (wanted[i] || i == 1) d[i] = at::empty_like(*like[i]);
  }
  AT_DISPATCH_FLOATING_TYPES(in.x.scalar_type(), "expert_mlp_backward", [&] {
    const auto data = [&](std::size_t i) { return wanted[i] ? d[i].mutable_data_ptr<scalar_t>() : nullptr; };
    const Scratch<scalar_t> outs(used * padded(D)), hiddens(used * padded(H)), rows(wanted[0] ? used * padded(D) : 0);
    auto* const d_weights = d[1].mutable_data_ptr<scalar_t>();
    std::fill(d_weights + used, d_weights + in.weights.numel(), scalar_t(0));
    const Functions<scalar_t>& functions = set.functions<scalar_t>();
    const MlpBackward<scalar_t> m{shape_of<scalar_t>(in, activation),
                                  hidden.const_data_ptr<scalar_t>(),
                                  activation == Activation::relu ? nullptr : slope.const_data_ptr<scalar_t>(),
                                  dy.const_data_ptr<scalar_t>(),
                                  d_weights,
                                  outs.data(),
                                  hiddens.data(),
                                  wanted[0] ? rows.data() : nullptr,
                                  data(2),
                                  data(3),
                                  data(4),
                                  data(5)};
    for_each_task(static_cast<std::int64_t>(blocks.size()), [&](std::int64_t i) {
      const Scratch<scalar_t> scratch(mlp_scratch(D, H));
      functions.mlp_backward(m, blocks[i], scratch.data());
    });
    const MlpCombine<scalar_t> sums{by.start.data(), by.order.data(), rows.data(), data(0), D, padded(D)};
    const auto matrices = static_cast<std::int64_t>(gradients.size());
    const std::int64_t parts = wanted[0] ? parts_of_combine(in) : 0;
    for_each_task(matrices + parts, [&](std::int64_t i) {
      if (i < matrices) {
        functions.mlp_gradient(m, gradients[i]);
      } else {
        combine(functions, sums, in.x.size(0), parts, i - matrices);
      }
    });
  });
  if (!wanted[1]) d[1] = Tensor();
  return d;
}

}  // namespace cpu

namespace {

using at::Tensor;

Tensor expert_mlp_cpu(const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets,
                      const Tensor& w1, const Tensor& b1, const Tensor& w2, const Tensor& b2,
                      std::string_view activation) {
  return cpu::expert_mlp(*cpu::instruction_sets()[0], checked_mlp({x, tokens, weights, offsets, w1, b1, w2, b2}),
                         activation_named(activation), false)
      .y;
}

std::tuple<Tensor, Tensor, Tensor> expert_mlp_forward_cpu(const Tensor& x, const Tensor& tokens, const Tensor& weights,
                                                          const Tensor& offsets, const Tensor& w1, const Tensor& b1,
                                                          const Tensor& w2, const Tensor& b2,
                                                          std::string_view activation) {
  MlpKept kept =
      cpu::expert_mlp(*cpu::instruction_sets()[0], checked_mlp({x, tokens, weights, offsets, w1, b1, w2, b2}),
                      activation_named(activation), true);
  return {std::move(kept.y), std::move(kept.hidden), std::move(kept.slope)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> expert_mlp_backward_cpu(
    const Tensor& dy, const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets,
    const Tensor& w1, const Tensor& b1, const Tensor& w2, const Tensor& b2, const Tensor& hidden, const Tensor& slope,
    std::string_view activation, MlpWanted wanted) {
  MlpGradients d = cpu::expert_mlp_backward(*cpu::instruction_sets()[0], dy,
                                            checked_mlp({x, tokens, weights, offsets, w1, b1, w2, b2}), hidden, slope,
                                            activation_named(activation), wanted);
  return std::tuple_cat(std::move(d));
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CPU, m) {
  m.impl("expert_mlp", expert_mlp_cpu);
  m.impl("expert_mlp_forward", expert_mlp_forward_cpu);
  m.impl("expert_mlp_backward", expert_mlp_backward_cpu);
}

}  // namespace tessera::kernels
