#include "core/moe/router_losses.h"

#include <torch/torch.h>

namespace tessera {
namespace {

at::Tensor rows_with_weight(const Routing& routing) { return routing.sums[1].clamp_min(1); }

// E f / the number of scored rows: what the sums of P are multiplied by.
at::Tensor load_factors(const Routing& routing) {
  const at::Tensor& load = routing.load;
  return load * (static_cast<double>(load.size(0)) / (load.sum().clamp_min(1) * routing.sums[2].clamp_min(1)));
}

double tokens(const Routing& routing) { return static_cast<double>(routing.alpha.size(0)); }

}  // namespace

void add_router_losses(const Routing& routing, const RouterLossParameters& c, const at::Tensor& parts) {
  if (c.alpha_entropy != 0) parts[0] += c.alpha_entropy * routing.sums[0] / rows_with_weight(routing);
  if (c.load_balance != 0) parts[1] += c.load_balance * at::dot(load_factors(routing), routing.share);
  if (c.z_loss != 0) parts[2] += c.z_loss / tokens(routing) * routing.sums[3];
}

RouterLossGradients router_loss_gradients(const Routing& routing, const RouterLossParameters& c,
                                          const at::Tensor& scale) {
  RouterLossGradients d;
  if (c.load_balance != 0) d.share = load_factors(routing) * (scale[1] * c.load_balance);
  if (c.alpha_entropy != 0 || c.z_loss != 0) {
    d.sums = at::zeros_like(routing.sums);
    d.sums[0] = scale[0] * c.alpha_entropy / rows_with_weight(routing);
    d.sums[3] = scale[2] * (c.z_loss / tokens(routing));
  }
  return d;
}

}  // namespace tessera
