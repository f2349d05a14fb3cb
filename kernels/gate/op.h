// Operator tessera::gate: logits to the weights of experts, tokens by experts.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <tuple>

#include "kernels/gate/score.h"

namespace tessera::kernels {

// Returns {alpha, scores}, both [T, E] with the dtype of logits.
//
// logits       [T, E], float32 or float64, E >= 1. Finite; a NaN makes its row's alpha NaN, never an error.
// temperature  > 0, divides the logits.
// k            experts a token may choose; 0, or E and above, is dense: all of them.
// normalise    whether the chosen weights are divided by their sum.
//
// scores = score(logits / temperature), of all experts. alpha = scores of the k largest, 0 for the others. The order is
// that of the logits, which scores share where rounding does not hide it; ties go to the lower index. The sum of chosen
// softmax or sigmoid scores is taken in logarithms: it may underflow without harm.
//
// Differentiable once, through both outputs. The Jacobians, with s the scores: softmax diag(s) - s s^T; sigmoid
// diag(s (1 - s)); sparsemax diag(m) - m m^T / |m| with m = [s > 0]; entmax-1.5 diag(r) - r r^T / sum(r) with
// r = sqrt(s); divided by the temperature.
//
// Throws c10::Error on other dtypes, shapes or temperatures.
std::tuple<at::Tensor, at::Tensor> gate(const at::Tensor& logits, double temperature, Score score, std::int64_t k,
                                        bool normalise);

// Gradient with respect to the logits, without autograd, for a caller with a backward pass of its own (which excludes
// autograd's keys while it calls). Either gradient may be undefined: zero.
at::Tensor gate_backward(const at::Tensor& d_alpha, const at::Tensor& d_scores, const at::Tensor& alpha,
                         const at::Tensor& scores, double temperature, Score score, bool normalise);

namespace reference {
// The definition, in plain ATen calls; differentiable by their autograd.
std::tuple<at::Tensor, at::Tensor> gate(const at::Tensor& logits, double temperature, Score score, std::int64_t k,
                                        bool normalise);
}  // namespace reference

}  // namespace tessera::kernels
