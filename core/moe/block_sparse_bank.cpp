#include "core/moe/block_sparse_bank.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/moe/activate.h"

namespace tessera {
namespace {

// bool [experts, down, across], with so many active blocks for each expert, drawn.
at::Tensor drawn_blocks(std::int64_t experts, std::int64_t down, std::int64_t across, std::int64_t active,
                        Random random) {
  const std::int64_t all = down * across;
  at::Tensor mask = at::zeros({experts, all}, at::kBool);
  std::vector<std::int32_t> order(static_cast<std::size_t>(all));
  for (std::int64_t e = 0; e < experts; ++e) {
    std::iota(order.begin(), order.end(), 0);
    random.shuffle(order);
    bool* const row = mask.mutable_data_ptr<bool>() + e * all;
    for (std::int64_t i = 0; i < active; ++i) row[order[static_cast<std::size_t>(i)]] = true;
  }
  return mask.view({experts, down, across});
}

}  // namespace

BlockSparseBank::BlockSparseBank(int layer, std::int64_t width, const ExpertParameters& parameters,
                                 Initialiser& initialiser)
    : experts_(parameters.count), activation_(kernels::activation_named(parameters.activation)) {
  const std::string prefix = "layer" + std::to_string(layer) + ".experts.";
  const std::int64_t D = width, H = parameters.hidden, block = parameters.blocks.size;
  const auto blocks = static_cast<double>((D / block) * (H / block));
  const auto active = std::max<std::int64_t>(1, std::llround(parameters.blocks.active * blocks));
  const double scale = std::sqrt(blocks / static_cast<double>(active));  // so many times fewer inputs are summed
  w1 = initialiser.add(prefix + "w1", Scope::experts, layer, {D, H}, scale * linear_bound(D));
  w2 = initialiser.add(prefix + "w2", Scope::experts, layer, {H, D}, scale * linear_bound(H));
  const auto pattern = [&](const char* name, std::int64_t in, std::int64_t out) {
    const at::Tensor mask =
        drawn_blocks(experts_, in / block, out / block, active, initialiser.generator(prefix + name));
    return kernels::block_pattern(mask.to(w1.device()), block);
  };
  first = pattern("first blocks", D, H);
  then = pattern("then blocks", H, D);
}

at::Tensor BlockSparseBank::apply(const at::Tensor& x, const kernels::Assignments& list) const {
  const at::Tensor rows = x.index_select(0, list.tokens);
  const at::Tensor h = activate(kernels::block_sparse_mm(rows, w1, first, list.offsets), activation_);
  const at::Tensor y = kernels::block_sparse_mm(h, w2, then, list.offsets) * list.weights.unsqueeze(1);
  return at::zeros_like(x).index_add(0, list.tokens, y);
}

}  // namespace tessera
