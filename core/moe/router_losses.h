// Auxiliary losses of a router, from the gate's sums over the tokens.
#pragma once

#include "core/moe/loss_parameters.h"
#include "core/moe/routing.h"

namespace tessera {

// With alpha and scores [T, E], rows without weight left out of both first:
//
//   alpha_entropy  mean over tokens of H(alpha / its sum), nats
//   load_balance   E sum_e f_e P_e; f_e: share of the assignments, P_e: mean over tokens of scores / their sum
//                  (Fedus, Zoph & Shazeer 2022, eq. 4 to 6). f is a constant to the gradient; 1 when balanced.
//   z_loss         mean over tokens of logsumexp(logits)^2 (Zoph et al. 2022, eq. 5)
//
// A loss whose coefficient is zero costs nothing: it adds nothing, its gradient is undefined.
constexpr std::int64_t router_loss_count = 3;  // in this order

// Adds coefficient x value to each of parts [3].
void add_router_losses(const Routing& routing, const RouterLossParameters& coefficients, const at::Tensor& parts);

// Gradients of sum_i scale[i] x coefficient_i x value_i with respect to the gate's outputs. scale: [3].
using RouterLossGradients = kernels::GateGradients;
RouterLossGradients router_loss_gradients(const Routing& routing, const RouterLossParameters& coefficients,
                                          const at::Tensor& scale);

}  // namespace tessera
