// Auxiliary losses of a router.
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

// Gradients of sum_i scale[i] x coefficient_i x value_i. scale: [3]. An expert that a token hasn't chosen (alpha 0)
// gets none of the entropy's, whose slope there is infinite.
struct RouterLossGradients {
  at::Tensor alpha, scores, logits;  // [T, E]
};
RouterLossGradients router_loss_gradients(const Routing& routing, const RouterLossParameters& coefficients,
                                          const at::Tensor& scale);

// The definitions, in plain ATen calls: what is computed on a GPU. On the CPU the above are loops, since tokens x
// experts is small and an ATen call isn't.
namespace by_aten {
void add_router_losses(const Routing& routing, const RouterLossParameters& coefficients, const at::Tensor& parts);
RouterLossGradients router_loss_gradients(const Routing& routing, const RouterLossParameters& coefficients,
                                          const at::Tensor& scale);
}  // namespace by_aten

}  // namespace tessera
