// Auxiliary losses of the routers.
#pragma once

#include <span>

#include "core/moe/loss_parameters.h"
#include "core/moe/routing.h"

namespace tessera {

// What each loss adds to the total, summed over layers: coefficient x value, scalars in the routings' dtype. With alpha
// and scores [T, E] of a layer, and rows without weight left out of both first:
//
//   alpha_entropy  mean over tokens of H(alpha / its sum), nats
//   load_balance   E sum_e f_e P_e; f_e: share of the assignments, P_e: mean over tokens of scores / their sum
//                  (Fedus, Zoph & Shazeer 2022, eq. 4 to 6). f is a constant to the gradient; 1 when balanced.
//   z_loss         mean over tokens of logsumexp(logits)^2 (Zoph et al. 2022, eq. 5)
//
// Differentiable with respect to alpha, scores and logits.
struct RouterLosses {
  at::Tensor total;  // scalar; undefined when every coefficient is zero
  at::Tensor parts;  // [3]: alpha_entropy, load_balance, z_loss; no gradient
};
RouterLosses router_losses(std::span<const Routing> routings, std::span<const RouterLossParameters> coefficients);

}  // namespace tessera
