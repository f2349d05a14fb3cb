// Auxiliary losses of a router, from the gate's sums over the tokens.
#pragma once

#include <array>

#include "core/moe/loss_parameters.h"
#include "kernels/gate/op.h"

namespace tessera {

// With T tokens and E experts, in the words of kernels/gate/op.h:
//
//   alpha_entropy  mean over tokens with weight of H(alpha / its sum), nats
//   load_balance   E sum_e f_e P_e; P_e: mean over tokens of scores / their sum. f_e, a constant to the gradient:
//                  switch        share of the assignments; 1 when balanced (Fedus, Zoph & Shazeer 2022, eq. 4 to 6)
//                  gshard        share of the first choices (mesh-tensorflow's moe.py)
//                  hugging_face  assignments / T; k when balanced (load_balancing_loss_func of transformers)
//   z_loss         mean over tokens of logsumexp(logits)^2 (Zoph et al. 2022, eq. 5)
//   variance       (population standard deviation / mean)^2 of the importance (Shazeer et al. 2017, eq. 6 and 7)
//   l1             E sum_e c_e / (k T) mean over tokens of alpha_e, c_e: assignments, a constant; k: l1.target (ReMoE,
//                  arXiv 2412.14711, eq. 10)
//
// A loss whose coefficient is zero costs nothing: its part is 0, and it has no gradient. l1's coefficient is a state of
// the router's, [], which may be undefined where the loss is off.
enum class RouterLoss { alpha_entropy, load_balance, z_loss, variance, l1 };
inline constexpr std::int64_t router_loss_count = 5;
inline constexpr const char* router_loss_names[router_loss_count] = {"alpha_entropy", "load_balance", "z_loss",
                                                                     "variance", "l1"};

std::array<bool, router_loss_count> losses_on(const RouterLossParameters& coefficients);
bool any_on(const RouterLossParameters& coefficients);

// [router_loss_count]: coefficient x value. Differentiable with respect to the gate's outputs.
at::Tensor router_losses(const kernels::GateOutput& gate, const RouterLossParameters& coefficients,
                         const at::Tensor& l1_coefficient);

// Gradients of sum_i scale[i] x coefficient_i x value_i with respect to the gate's outputs, for a caller with a
// backward pass of its own. scale: [router_loss_count].
kernels::GateGradients router_loss_gradients(const kernels::GateOutput& gate, const RouterLossParameters& coefficients,
                                             const at::Tensor& l1_coefficient, const at::Tensor& scale);

}  // namespace tessera
