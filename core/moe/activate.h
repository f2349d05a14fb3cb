// An activation by its name, of LibTorch's operations.
#pragma once

#include <ATen/ATen.h>

#include "kernels/expert_mlp/activation.h"

namespace tessera {

inline at::Tensor activate(const at::Tensor& x, kernels::Activation activation) {
  if (activation == kernels::Activation::relu) return at::relu(x);
  return activation == kernels::Activation::gelu ? at::gelu(x) : at::silu(x);
}

}  // namespace tessera
