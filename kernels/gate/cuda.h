// The gate's CUDA kernels, without ATen: device pointers to row-major [rows, experts], rows >= 1.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/gate/spec.h"

namespace tessera::kernels::cuda {

// A row's logits, scores and ranks must fit into a block's shared memory of 48 KiB.
template <class T>
constexpr std::int64_t most_experts = 48 * 1024 / (2 * sizeof(T) + sizeof(int));

template <class T>
void gate_forward(const T* logits, T* alpha, T* scores, std::int64_t rows, int experts, int k, T temperature,
                  Score score, bool normalise, cudaStream_t stream);

// d_alpha and d_scores may be null: no gradient.
template <class T>
void gate_backward(const T* d_alpha, const T* d_scores, const T* alpha, const T* scores, T* d_logits, std::int64_t rows,
                   int experts, T temperature, Score score, bool normalise, cudaStream_t stream);

}  // namespace tessera::kernels::cuda
