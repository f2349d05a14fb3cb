// The gate's definition in plain ATen calls.
#include <ATen/ATen.h>

#include "kernels/gate/detail.h"

namespace tessera::kernels::reference {
namespace {

using at::Tensor;

// p = max(z - tau, 0) over the support, the largest j entries for which 1 + j z_(j) > sum of them.
// A row of NaN has no support, and NaN for its result.
Tensor sparsemax(const Tensor& z) {
  const Tensor sorted = std::get<0>(z.detach().sort(-1, /*descending=*/true));
  const Tensor rank = at::arange(1, z.size(-1) + 1, z.options());
  const Tensor size = (1 + rank * sorted > sorted.cumsum(-1)).sum(-1, /*keepdim=*/true);
  const Tensor support = (z >= sorted.gather(-1, (size - 1).clamp_min(0))).to(z.scalar_type());
  const Tensor tau = ((z * support).sum(-1, true) - 1) / support.sum(-1, true);
  return (z - tau).relu();
}

// p = max(z/2 - tau, 0)^2; over a support of n entries with mean m and n times variance v, tau = m - sqrt((1 - v)/n).
Tensor entmax15(const Tensor& logits) {
  const Tensor z = logits / 2;
  const Tensor sorted = std::get<0>(z.detach().sort(-1, /*descending=*/true));
  const Tensor rank = at::arange(1, z.size(-1) + 1, z.options());
  const Tensor mean = sorted.cumsum(-1) / rank;
  const Tensor variance = rank * (sorted.square().cumsum(-1) / rank - mean.square());
  const Tensor size = (mean - ((1 - variance) / rank).clamp_min(0).sqrt() <= sorted).sum(-1, /*keepdim=*/true);
  const Tensor support = (z >= sorted.gather(-1, (size - 1).clamp_min(0))).to(z.scalar_type());
  const Tensor n = support.sum(-1, true);
  const Tensor m = (z * support).sum(-1, true) / n;
  const Tensor v = ((z - m) * support).square().sum(-1, true);
  return (z - (m - ((1 - v) / n).sqrt())).relu().square();
}

Tensor dense_scores(const Tensor& z, Score score) {
  switch (score) {
    case Score::softmax:
      return z.softmax(-1);
    case Score::sigmoid:
      return z.sigmoid();
    case Score::sparsemax:
      return sparsemax(z - std::get<0>(z.detach().max(-1, /*keepdim=*/true)));
    case Score::entmax15:
      return entmax15(z - std::get<0>(z.detach().max(-1, /*keepdim=*/true)));
    case Score::relu:
      return z.relu();
    case Score::none:
      return z.clone();
  }
  TORCH_CHECK(false, "gate: unknown score");
}

// The first n of each row in descending order, ties by the lower index.
Tensor largest(const Tensor& values, std::int64_t n) {
  const Tensor order = std::get<1>(values.sort(/*stable=*/true, /*dim=*/-1, /*descending=*/true)).narrow(1, 0, n);
  return at::zeros_like(values, values.options().dtype(at::kBool)).scatter(1, order, true);
}

// What the selection goes by. NaN counts as the largest.
Tensor keys(const Tensor& logits, const Tensor& z, const Tensor& scores, const GateSpec& spec, const Tensor& bias) {
  Tensor key = logits;
  if (bias.defined()) {
    key = (spec.bias_to == BiasTo::scores ? scores : z) + bias;
  } else if (spec.groups > 1) {
    key = scores;
  }
  key = key.detach();
  key = key.masked_fill(key.isnan(), INFINITY);
  if (spec.groups_kept == spec.groups) return key;

  const Tensor grouped = key.view({key.size(0), spec.groups, key.size(1) / spec.groups});
  const std::int64_t best = spec.group_rank == GroupRank::max        ? 1
                            : spec.group_rank == GroupRank::top2_sum ? std::min<std::int64_t>(2, grouped.size(2))
                                                                     : grouped.size(2);
  const Tensor kept = largest(std::get<0>(grouped.topk(best, -1)).sum(-1), spec.groups_kept);
  return grouped.masked_fill(kept.logical_not().unsqueeze(-1), spec.group_mask == GroupMask::zero ? 0. : -INFINITY)
      .view_as(key);
}

// 1 / sum of each row, 0 where that is 0; constant there.
Tensor inverse_sum(const Tensor& rows) {
  const Tensor sum = rows.sum(-1, /*keepdim=*/true), nothing = sum == 0;
  return sum.masked_fill(nothing, 1).reciprocal().masked_fill(nothing, 0);
}

Tensor weights(const Tensor& z, const Tensor& scores, const Tensor& chosen, const GateSpec& spec) {
  const Tensor zero = at::zeros({}, scores.options());
  if (spec.normalise == Normalise::none) return at::where(chosen, scores, zero);
  const bool positive = spec.score == Score::softmax || spec.score == Score::sigmoid;
  if (spec.normalise == Normalise::softmax || positive) {
    Tensor exponent = scores;
    if (spec.normalise != Normalise::softmax) exponent = spec.score == Score::softmax ? z : at::log_sigmoid(z);
    const Tensor others = chosen.logical_not().logical_and(chosen.any(-1, /*keepdim=*/true));
    return at::where(chosen, exponent.masked_fill(others, -INFINITY).softmax(-1), zero);
  }
  const Tensor s = at::where(chosen, scores, zero);
  return at::where(chosen, s * inverse_sum(spec.normalise == Normalise::l1 ? s.abs() : s), zero);  // NaN stays inside
}

void add_statistics(GateOutput& out, const Tensor& logits, const Tensor& z, const GateSpec& spec) {
  const Tensor used = out.alpha != 0, size = out.alpha.abs();
  const Tensor basis = spec.score == Score::none ? z.softmax(-1) : out.scores;
  const Tensor p = size * inverse_sum(size), entropy = -(p * p.masked_fill(p == 0, 1).log()).sum();
  const auto count = [&](const Tensor& rows) { return rows.sum().to(logits.scalar_type()); };
  out.load = used.sum(0).to(logits.scalar_type());
  out.importance = out.alpha.sum(0);
  out.share = (basis * inverse_sum(basis)).sum(0);
  out.sums = at::stack({entropy, count(used.any(-1)), count(basis.sum(-1) != 0), logits.logsumexp(-1).square().sum()});
  const Tensor weight = out.alpha.detach().masked_fill(used.logical_not(), -INFINITY);
  const Tensor best = (weight == weight.amax(-1, /*keepdim=*/true)).logical_and(used);
  out.first = best.logical_and(best.cumsum(-1) == 1).sum(0).to(logits.scalar_type());
}

}  // namespace

GateOutput gate(const Tensor& logits, const GateSpec& unchecked, const Tensor& bias) {
  const GateSpec spec = checked_gate(logits, unchecked, bias);
  const Tensor z = logits / spec.temperature;
  GateOutput out;
  out.scores = dense_scores(z, spec.score);
  const Tensor key = keys(logits, z, out.scores, spec, bias);
  out.alpha = weights(z, out.scores, largest(key, spec.k).logical_and(key > spec.threshold), spec) * spec.scale;
  add_statistics(out, logits, z, spec);
  return out;
}

}  // namespace tessera::kernels::reference
