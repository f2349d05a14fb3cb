#include "core/moe/capacity.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera {

std::optional<std::int64_t> expert_capacity(const RouterParameters::Capacity& capacity, bool training,
                                            std::int64_t tokens, std::int64_t experts) {
  if (capacity.tokens > 0) return capacity.tokens;
  const double factor = training ? capacity.train : capacity.test;
  if (factor == 0) return std::nullopt;
  const auto T = static_cast<double>(tokens), E = static_cast<double>(experts);
  const double most = capacity.rounding == "up" ? factor * std::ceil(T / E) : factor * T / E;
  return std::max(static_cast<std::int64_t>(most), capacity.minimum);
}

at::Tensor within_capacity(const at::Tensor& alpha, const RouterParameters::Capacity& capacity,
                           const TokenContext& context) {
  const at::NoGradGuard no_grad;
  const std::int64_t tokens = alpha.size(0), experts = alpha.size(1);
  const bool by_sequence = capacity.of == "sequence" && context.sequence_length > 0;
  const std::int64_t length = by_sequence ? context.sequence_length : tokens;
  const auto most = expert_capacity(capacity, context.training, length, experts);
  if (!most) return {};
  if (tokens == 0) return at::ones_like(alpha, at::kBool);

  constexpr double none = -std::numeric_limits<double>::infinity();
  const at::Tensor weights =  // [sequences, length, experts]; those not chosen come last
      alpha.detach().masked_fill(alpha == 0, none).view({-1, length, experts});
  const auto [sorted, choices] = weights.sort(/*stable=*/true, /*dim=*/-1, /*descending=*/true);
  at::Tensor order;  // tokens as they come
  if (capacity.order == "priority") {
    order = std::get<1>(sorted.select(2, 0).sort(/*stable=*/true, /*dim=*/1, /*descending=*/true)).unsqueeze(2);
  }
  const std::int64_t ranks = std::max<std::int64_t>((weights != none).sum(2).max().item<std::int64_t>(), 1);
  at::Tensor taken = at::zeros({weights.size(0), 1, experts}, at::TensorOptions(at::kLong).device(alpha.device()));
  at::Tensor keep = at::ones_like(weights, at::kBool);
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    at::Tensor wants = at::zeros(weights.sizes(), taken.options())
                           .scatter(2, choices.narrow(2, rank, 1), (sorted.narrow(2, rank, 1) != none).to(at::kLong));
    if (order.defined()) wants = wants.gather(1, order.expand_as(wants));
    at::Tensor fits = wants.cumsum(1) + taken <= *most;
    taken = taken + wants.sum(1, true);
    fits = fits | (wants == 0);
    if (order.defined()) fits = at::ones_like(fits).scatter(1, order.expand_as(fits), fits);
    keep = keep & fits;
  }
  return keep.view(alpha.sizes());
}

}  // namespace tessera
