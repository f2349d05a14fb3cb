// block_sparse_mm's CUDA kernels, without ATen: device pointers to contiguous matrices. T >= 1 tokens.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace tessera::kernels::cuda {

template <class T>
struct BlockSparse {
  const T* x;        // [T, in]
  const T* w;        // [in, out]
  const bool* mask;  // this and the lists as kernels/block_sparse/op.h has them
  const std::int32_t* rows;
  const std::int32_t* of_column;
  const std::int32_t* columns;
  const std::int32_t* of_row;
  const std::int32_t* offsets;  // [E + 1]; null: one expert has all tokens
  int tokens, experts, in, out, block;
};

template <class T>
void block_sparse_forward(const BlockSparse<T>& m, T* y, cudaStream_t stream);
template <class T>
void block_sparse_input_gradient(const BlockSparse<T>& m, const T* dy, T* dx, cudaStream_t stream);
template <class T>
void block_sparse_gradient(const BlockSparse<T>& m, const T* dy, T* dw, cudaStream_t stream);

}  // namespace tessera::kernels::cuda
