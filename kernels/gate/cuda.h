// The gate's CUDA kernels, without ATen: device pointers to row-major [rows, experts], at multiples of 16 bytes. They
// work on LibTorch's current stream. Sums are added up in an order that depends on the shape and the kind of GPU only.
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
  T* partials;                           // [blocks, 4 experts + 4]
  std::int64_t rows;
  int experts, blocks;  // blocks: gate_blocks(rows, experts)
  GateSpec spec;        // 1 <= k <= experts
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

constexpr int gate_threads = 128;        // of a block
constexpr int gate_most_experts = 1024;  // what a warp's registers, and rows in 48 KiB of shared memory, hold

// Blocks that run at once, at most as many as the rows need. The order in which sums are added up depends on it.
template <class T>
int gate_blocks(std::int64_t rows, int experts);

template <class T>
void gate_forward(const GateForward<T>& g, cudaStream_t stream);
template <class T>
void gate_backward(const GateBackward<T>& g, cudaStream_t stream);

}  // namespace tessera::kernels::cuda
