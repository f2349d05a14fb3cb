// The gate's peer in benchmarks: a softmax router as a person would write it in LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "kernels/gate/op.h"

namespace tessera::kernels {

// alpha and scores; with `sums` also what losses and metrics need, of which `sums` has the entropy and the squares
// only.
inline GateOutput chain_of_calls(const at::Tensor& logits, std::int64_t k, bool sums) {
  GateOutput out;
  out.scores = logits.softmax(-1);
  const auto [weights, indices] = out.scores.topk(k, -1);
  const at::Tensor normalised = weights / weights.sum(-1, true);
  out.alpha = at::zeros_like(out.scores).scatter(1, indices, normalised);
  if (!sums) return out;
  const auto count = [&](const at::Tensor& experts) {  // bincount would make the host wait for a GPU
    return at::zeros({logits.size(1)}, logits.options())
        .scatter_add(0, experts, at::ones_like(experts, logits.options()));
  };
  out.load = count(indices.flatten());
  out.first = count(indices.select(1, 0));
  out.importance = out.alpha.sum(0);
  out.share = out.scores.sum(0);
  out.sums = at::stack({-at::xlogy(normalised, normalised).sum(), logits.logsumexp(-1).square().sum()});
  return out;
}

}  // namespace tessera::kernels
