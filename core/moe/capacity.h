// Experts that take only so many tokens.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/moe/router_parameters.h"
#include "core/moe/token_context.h"

namespace tessera {

// Tokens that an expert takes of `tokens`; nothing: no limit. factor x tokens / experts rounded down (or, rounding up,
// factor x ceil(tokens / experts)), at least the minimum; with capacity.tokens, that number.
std::optional<std::int64_t> expert_capacity(const RouterParameters::Capacity& capacity, bool training,
                                            std::int64_t tokens, std::int64_t experts);

// Which entries of alpha [T, E] the experts can take: bool [T, E], true where alpha is zero. All first choices (a
// token's largest weights, ties to the lower index) come before the second ones, and so on; among the same ones, tokens
// by position or by the weight of their first choice, largest first. capacity.of = sequence: each sequence for itself
// (Fedus, Zoph & Shazeer 2022; GShard, algorithm 1). Undefined without a limit.
at::Tensor within_capacity(const at::Tensor& alpha, const RouterParameters::Capacity& capacity,
                           const TokenContext& context);

}  // namespace tessera
