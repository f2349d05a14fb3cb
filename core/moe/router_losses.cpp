#include "core/moe/router_losses.h"

#include <torch/torch.h>

namespace tessera::by_aten {
namespace {

// Rows divided by their sum; a row without weight stays zero.
struct Normalised {
  at::Tensor rows;     // [T, E]
  at::Tensor inverse;  // [T, 1]: 1 / sum, 0 for a row without weight
  at::Tensor count;    // rows with weight, at least 1
};
Normalised normalised(const at::Tensor& weights) {
  const at::Tensor sum = weights.sum(1, true);
  const at::Tensor inverse = sum.reciprocal().masked_fill_(sum == 0, 0);
  return {weights * inverse, inverse, inverse.count_nonzero().clamp_min(1).to(weights.scalar_type())};
}

at::Tensor entropy(const at::Tensor& p) { return -at::xlogy(p, p).sum(1, true); }

at::Tensor load_shares(const Routing& routing) {
  const at::Tensor& offsets = routing.assignments.offsets;
  return at::diff(offsets).to(routing.scores.scalar_type()).div_(offsets[-1].clamp_min(1));
}

}  // namespace

void add_router_losses(const Routing& routing, const RouterLossParameters& c, const at::Tensor& parts) {
  if (c.alpha_entropy != 0) {
    const Normalised p = normalised(routing.alpha);
    parts[0] += c.alpha_entropy * entropy(p.rows).sum() / p.count;
  }
  if (c.load_balance != 0) {
    const Normalised q = normalised(routing.scores);
    parts[1] +=
        c.load_balance * static_cast<double>(q.rows.size(1)) * at::dot(load_shares(routing), q.rows.sum(0) / q.count);
  }
  if (c.z_loss != 0) parts[2] += c.z_loss * at::logsumexp(routing.logits, 1).square().mean();
}

RouterLossGradients router_loss_gradients(const Routing& routing, const RouterLossParameters& c,
                                          const at::Tensor& scale) {
  RouterLossGradients gradients;
  if (c.alpha_entropy != 0) {
    const Normalised p = normalised(routing.alpha);  // dH / dalpha_j = (-ln p_j - H) / sum
    const at::Tensor factor = p.inverse * (scale[0] * c.alpha_entropy / p.count);
    gradients.alpha = ((-p.rows.log() - entropy(p.rows)) * factor).masked_fill_(p.rows == 0, 0);
  }
  if (c.load_balance != 0) {
    const Normalised q = normalised(routing.scores);
    const at::Tensor f = load_shares(routing);
    const at::Tensor factor = q.inverse * (scale[1] * c.load_balance * static_cast<double>(q.rows.size(1)) / q.count);
    gradients.scores = (f - at::mv(q.rows, f).unsqueeze(1)) * factor;
  }
  if (c.z_loss != 0) {
    const at::Tensor z = at::logsumexp(routing.logits, 1, true);
    const double tokens = static_cast<double>(routing.logits.size(0));
    gradients.logits = (routing.logits - z).exp() * z * (scale[2] * 2 * c.z_loss / tokens);
  }
  return gradients;
}

}  // namespace tessera::by_aten
