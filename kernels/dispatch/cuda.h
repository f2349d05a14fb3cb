// dispatch's CUDA kernels, without ATen: device pointers, rows >= 1.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace tessera::kernels::cuda {

// alpha [rows, experts]; counts [experts] is scratch. Writes offsets [experts + 1] and the used part of tokens, expert
// and weights [capacity]; entries past the capacity are left out, offsets included.
template <class T>
void dispatch(const T* alpha, std::int64_t rows, int experts, int capacity, std::int32_t* counts, std::int32_t* tokens,
              std::int32_t* expert, T* weights, std::int32_t* offsets, cudaStream_t stream);

// d_alpha [rows, experts] holds zeros; capacity >= 1.
template <class T>
void dispatch_backward(const T* d_weights, const std::int32_t* tokens, const std::int32_t* expert,
                       const std::int32_t* offsets, int experts, int capacity, T* d_alpha, cudaStream_t stream);

}  // namespace tessera::kernels::cuda
