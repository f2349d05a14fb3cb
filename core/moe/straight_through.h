// The gradient that masks of dimensions would get if these were picked (Bengio et al. 2013, straight-through).
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/expert_mlp/activation.h"

namespace tessera {

// Returns y, [tokens, width], unchanged. Its backward pass also gives `masks` [E, D] the gradient of
// y' = sum_e alpha_e act(x down) diag(masks_e) up, but for the entries that `picked` (bool [E, D]) has, whose gradient
// comes another way. x [tokens, width], alpha [tokens, E], down [width, D] and up [D, width] get none by it.
at::Tensor straight_through(const at::Tensor& y, const at::Tensor& masks, const at::Tensor& picked, const at::Tensor& x,
                            const at::Tensor& alpha, const at::Tensor& down, const at::Tensor& up,
                            kernels::Activation activation);

}  // namespace tessera
