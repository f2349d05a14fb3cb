// Operator tessera::expert_mlp: a bank of two-layer perceptrons, each applied to the tokens assigned to it.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/expert_mlp/activation.h"

namespace tessera::kernels {

// y[t] = sum over assignments (t, e, weight) of weight * (act(x[t] w1[e] + b1[e]) w2[e] + b2[e]); [T, D] as x.
//
// x        [T, D], float32 or float64
// tokens   int32 [C], weights [C] with the dtype of x, offsets int32 [E + 1]: assignments as kernels/dispatch/op.h has
//          them. A token may come once for an expert; the order within an expert does not matter.
// w1       [E, D, H], b1 [E, H], w2 [E, H, D], b2 [E, D], dtype of x: y = x W, so the transpose of torch.nn.Linear's
//
// Work is done for the assignments only. Differentiable once, with respect to x, weights, w1, b1, w2 and b2; an expert
// without tokens gets gradients of zero. On the CPU results don't depend on the number of threads.
// Throws c10::Error on other dtypes and shapes. Indices out of range are an error on the CPU, undefined on CUDA.
at::Tensor expert_mlp(const at::Tensor& x, const at::Tensor& tokens, const at::Tensor& weights,
                      const at::Tensor& offsets, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                      const at::Tensor& b2, Activation activation);

// The two halves, without autograd, for a caller with a backward pass of its own (which excludes autograd's keys while
// it calls). hidden and slope are for the backward pass alone.
struct MlpForwardOutput {
  at::Tensor y, hidden, slope;
};
MlpForwardOutput expert_mlp_forward(const at::Tensor& x, const at::Tensor& tokens, const at::Tensor& weights,
                                    const at::Tensor& offsets, const at::Tensor& w1, const at::Tensor& b1,
                                    const at::Tensor& w2, const at::Tensor& b2, Activation activation);
struct MlpBackwardOutput {
  at::Tensor x, weights, w1, b1, w2, b2;
};
MlpBackwardOutput expert_mlp_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& tokens,
                                      const at::Tensor& weights, const at::Tensor& offsets, const at::Tensor& w1,
                                      const at::Tensor& b1, const at::Tensor& w2, const at::Tensor& b2,
                                      const at::Tensor& hidden, const at::Tensor& slope, Activation activation);

namespace reference {
// The definition, in plain ATen calls, a loop over experts; differentiable by their autograd.
at::Tensor expert_mlp(const at::Tensor& x, const at::Tensor& tokens, const at::Tensor& weights,
                      const at::Tensor& offsets, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                      const at::Tensor& b2, Activation activation);
}  // namespace reference

}  // namespace tessera::kernels
