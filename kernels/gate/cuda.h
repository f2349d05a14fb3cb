// The gate's CUDA kernels, without ATen: device pointers to row-major [rows, experts]. They work on LibTorch's current
// stream. Sums are added up in an order that depends on the number of rows only.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/gate/spec.h"

namespace tessera::kernels::cuda {

template <class T>
struct GateForward {
  const T* logits;
  const T* bias;  // [experts]; null: none
  T* alpha;
  T* scores;
  T *load, *importance, *share, *first;  // [experts]
  T* sums;                               // [4]
  T* partials;                           // [gate_blocks(rows), 4 experts + 4]
  std::int64_t rows;
  int experts;
  GateSpec spec;  // 1 <= k <= experts
};

template <class T>
struct GateBackward {
  const T *d_alpha, *d_scores, *d_importance, *d_share, *d_sums;  // those that are null: no gradient
  const T *logits, *alpha, *scores;
  T* d_logits;
  std::int64_t rows;  // at least 1
  int experts;
  GateSpec spec;
};

// Each takes every gate_blocks(rows)-th row.
constexpr int gate_blocks(std::int64_t rows) { return static_cast<int>(rows < 2048 ? rows : 2048); }

// For each expert eight numbers and a rank must fit into a block's shared memory of 48 KiB.
template <class T>
constexpr std::int64_t most_experts = 48 * 1024 / (8 * sizeof(T) + sizeof(int));

template <class T>
void gate_forward(const GateForward<T>& g, cudaStream_t stream);
template <class T>
void gate_backward(const GateBackward<T>& g, cudaStream_t stream);

}  // namespace tessera::kernels::cuda
