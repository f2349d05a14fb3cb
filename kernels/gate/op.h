// Operator tessera::gate: logits to the weights of experts, tokens by experts, and what routers and their losses count.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/gate/spec.h"

namespace tessera::kernels {

// All in the dtype of the logits. A row has weight where alpha isn't all zero, and is scored where its scores have a
// sum other than 0.
struct GateOutput {
  at::Tensor alpha;   // [T, E] weights after the selection, zeros for the unchosen; differentiable
  at::Tensor scores;  // [T, E] before the selection; differentiable

  // Sums over the rows; differentiable but for load and first.
  at::Tensor load;        // [E] how many rows chose e: alpha isn't zero
  at::Tensor importance;  // [E] of alpha
  at::Tensor share;       // [E] of scores / their sum, over scored rows; score none: of softmax(logits / temperature)
  at::Tensor sums;        // [4]: of H(|alpha| / its sum), nats, over rows with weight; rows with weight; scored rows;
                          //      of logsumexp(logits)^2, without temperature (ST-MoE's z-loss, Zoph et al. 2022, eq. 5)
  at::Tensor first;       // [E] how many rows with weight, and no NaN, have the largest at e; ties: the lower index
};

// logits  [T, E], float32 or float64, E >= 1, on CUDA at most 1,024. Finite; a NaN makes its row's alpha NaN, never an
// error. bias    [E] as the logits, or undefined: none. It selects and never weighs; no gradient. May be infinite. spec
// temperature and scale: above 0, finite. threshold: not NaN. groups divides E; 1 <= groups_kept <= groups.
//
// scores = score(logits / temperature), of all experts. A key orders them, ties go to the lower index:
//
//   no bias, one group     the logits: the order that scores share where rounding does not hide it
//   no bias, groups        the scores
//   bias, BiasTo::scores   scores + bias
//   bias, BiasTo::logits   logits / temperature + bias
//
// Groups are ranked by their keys (the largest; the sum of the best two; the sum), ties to the lower one. Keys outside
// the groups_kept best become -infinity or 0. Chosen are the k largest keys that are above the threshold, so a key of
// -infinity never is. (To compare scores with a threshold, give a bias of zeros.) NaN counts as the largest, of keys
// and of what ranks a group.
//
// alpha = scale x the chosen scores, normalised; 0 for the others. Of softmax and sigmoid, the sum is taken in
// logarithms: it may underflow without harm. A row whose divisor is 0 has alpha 0 and no gradient.
//
// Differentiable once. The Jacobians, with s the scores: softmax diag(s) - s s^T; sigmoid diag(s (1 - s)); sparsemax
// diag(m) - m m^T / |m| with m = [s > 0]; entmax-1.5 diag(r) - r r^T / sum(r) with r = sqrt(s); relu diag([s > 0]);
// divided by the temperature. An expert whose alpha is 0 gets nothing through alpha, importance and entropy (whose
// slope is infinite there).
//
// Throws c10::Error on other arguments.
GateOutput gate(const at::Tensor& logits, const GateSpec& spec, const at::Tensor& bias = {});

// Gradients of the outputs of the same name; each may be undefined: zero. sums: [4], of which the counts' are ignored.
struct GateGradients {
  at::Tensor alpha, scores, importance, share, sums;
};

// Gradient with respect to the logits, without autograd, for a caller with a backward pass of its own (which excludes
// autograd's keys while it calls). Of `out`, alpha and scores are read.
at::Tensor gate_backward(const GateGradients& d, const at::Tensor& logits, const GateOutput& out, const GateSpec& spec);

namespace reference {
// The definition, in plain ATen calls; differentiable by their autograd.
GateOutput gate(const at::Tensor& logits, const GateSpec& spec, const at::Tensor& bias = {});
}  // namespace reference

}  // namespace tessera::kernels
