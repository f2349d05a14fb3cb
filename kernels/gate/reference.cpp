// The gate's definition in plain ATen calls.
#include <ATen/ATen.h>

#include "kernels/gate/op.h"

namespace tessera::kernels::reference {
namespace {

// p = max(z - tau, 0) over the support, the largest j entries for which 1 + j z_(j) > sum of them.
// A row of NaN has no support, and NaN for its result.
at::Tensor sparsemax(const at::Tensor& z) {
  const at::Tensor sorted = std::get<0>(z.detach().sort(-1, /*descending=*/true));
  const at::Tensor rank = at::arange(1, z.size(-1) + 1, z.options());
  const at::Tensor size = (1 + rank * sorted > sorted.cumsum(-1)).sum(-1, /*keepdim=*/true);
  const at::Tensor support = (z >= sorted.gather(-1, (size - 1).clamp_min(0))).to(z.scalar_type());
  const at::Tensor tau = ((z * support).sum(-1, true) - 1) / support.sum(-1, true);
  return (z - tau).relu();
}

// p = max(z/2 - tau, 0)^2; over a support of n entries with mean m and n times variance v, tau = m - sqrt((1 - v)/n).
at::Tensor entmax15(const at::Tensor& logits) {
  const at::Tensor z = logits / 2;
  const at::Tensor sorted = std::get<0>(z.detach().sort(-1, /*descending=*/true));
  const at::Tensor rank = at::arange(1, z.size(-1) + 1, z.options());
  const at::Tensor mean = sorted.cumsum(-1) / rank;
  const at::Tensor variance = rank * (sorted.square().cumsum(-1) / rank - mean.square());
  const at::Tensor size = (mean - ((1 - variance) / rank).clamp_min(0).sqrt() <= sorted).sum(-1, /*keepdim=*/true);
  const at::Tensor support = (z >= sorted.gather(-1, (size - 1).clamp_min(0))).to(z.scalar_type());
  const at::Tensor n = support.sum(-1, true);
  const at::Tensor m = (z * support).sum(-1, true) / n;
  const at::Tensor v = ((z - m) * support).square().sum(-1, true);
  return (z - (m - ((1 - v) / n).sqrt())).relu().square();
}

at::Tensor dense_scores(const at::Tensor& z, Score score) {
  switch (score) {
    case Score::softmax:
      return z.softmax(-1);
    case Score::sigmoid:
      return z.sigmoid();
    case Score::sparsemax:
      return sparsemax(z - std::get<0>(z.detach().max(-1, /*keepdim=*/true)));
    case Score::entmax15:
      return entmax15(z - std::get<0>(z.detach().max(-1, /*keepdim=*/true)));
  }
  TORCH_CHECK(false, "gate: unknown score");
}

}  // namespace

std::tuple<at::Tensor, at::Tensor> gate(const at::Tensor& logits, double temperature, Score score, std::int64_t k,
                                        bool normalise) {
  const std::int64_t experts = logits.size(1);
  const at::Tensor z = logits / temperature;
  const at::Tensor scores = dense_scores(z, score);
  const at::Tensor order = std::get<1>(logits.detach().sort(/*stable=*/true, /*dim=*/-1, /*descending=*/true))
                               .narrow(1, 0, k <= 0 || k > experts ? experts : k);
  const at::Tensor chosen = at::zeros_like(logits, logits.options().dtype(at::kBool)).scatter(1, order, true);
  at::Tensor alpha = at::where(chosen, scores, at::zeros({}, scores.options()));
  if (normalise) {
    if (score == Score::softmax || score == Score::sigmoid) {
      const at::Tensor log_scores = score == Score::softmax ? z : at::log_sigmoid(z);
      alpha = log_scores.masked_fill(chosen.logical_not(), -INFINITY).softmax(-1);
    } else {
      alpha = alpha / alpha.sum(-1, /*keepdim=*/true);
    }
    alpha = at::where(chosen, alpha, at::zeros({}, alpha.options()));  // also where a NaN made the sum NaN
  }
  return {alpha, scores};
}

}  // namespace tessera::kernels::reference
