// expert_mlp's CUDA kernels, without ATen: device pointers to contiguous matrices. T >= 1 tokens, C >= 1 assignments.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/expert_mlp/activation.h"

namespace tessera::kernels::cuda {

template <class T>
struct MlpShape {
  const std::int32_t* tokens;   // [C]
  const std::int32_t* offsets;  // [E + 1]
  const T* x;                   // [T, D]
  const T* weights;             // [C]
  const T* w1;                  // [E, D, H]
  const T* b1;                  // [E, H]
  const T* w2;                  // [E, H, D]
  const T* b2;                  // [E, D]
  std::int32_t* places;         // [T, E] scratch: which assignment a token has with an expert, -1 for none
  T* rows;                      // [C, D] scratch: what is summed for each token
  int token_count, capacity, experts, D, H;
  Activation activation;
};

template <class T>
struct MlpForward : MlpShape<T> {
  T* hidden;  // [C, H], after the activation
  T* slope;   // [C, H], the activation's derivative; null: not wanted
  T* y;       // [T, D]
};

template <class T>
struct MlpBackward : MlpShape<T> {
  const T* hidden;
  const T* slope;  // null: hidden > 0
  const T* dy;     // [T, D]
  T* d_hidden;     // [C, H] scratch
  T* d_weights;    // [C]; entries past the last assignment are not written
  T* dx;           // this and what follows may be null: not wanted
  T* dw1;
  T* db1;
  T* dw2;
  T* db2;
};

template <class T>
void mlp_forward(const MlpForward<T>& m, cudaStream_t stream);
template <class T>
void mlp_backward(const MlpBackward<T>& m, cudaStream_t stream);

}  // namespace tessera::kernels::cuda
