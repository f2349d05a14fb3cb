// One step of AdamW (Loshchilov & Hutter 2019, algorithm 2) for all weights of a model at once.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "kernels/cpu/instruction_sets.h"

namespace tessera::kernels {

struct AdamWArguments {
  double rate, weight_decay, beta1, beta2, epsilon;
  std::int64_t step;  // from 1
};

// In place, element by element:
//
//   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
//   w = w - rate (m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay w)
//
// The four lists are parallel, of tensors alike: contiguous, float32 or float64. On a GPU this is LibTorch's fused
// step.
void adamw(at::TensorList weights, at::TensorList gradients, at::TensorList means, at::TensorList squares,
           const AdamWArguments& arguments);

namespace cpu {
void adamw(const InstructionSet& set, at::TensorList weights, at::TensorList gradients, at::TensorList means,
           at::TensorList squares, const AdamWArguments& arguments);
}  // namespace cpu

}  // namespace tessera::kernels
