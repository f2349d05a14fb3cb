// dispatch on a GPU: a block for each expert counts its entries, then places them in the order of tokens. Nothing is
// asked of the host in between, so that a whole training step can be captured in a graph.
#include <cuda_runtime.h>

#include "kernels/dispatch/cuda.h"

namespace tessera::kernels::cuda {
namespace {

constexpr int threads = 256, warp = 32, warps = threads / warp;
constexpr unsigned everyone = 0xffffffffu;

// Sum over the block, in every thread.
__device__ int block_sum(int value) {
  __shared__ int part[warps];
  for (int distance = warp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(everyone, value, distance);
  __syncthreads();  // a call before this one may still be read
  if (threadIdx.x % warp == 0) part[threadIdx.x / warp] = value;
  __syncthreads();
  int total = 0;
  for (int i = 0; i < warps; ++i) total += part[i];
  return total;
}

template <class T>
__global__ void count(const T* alpha, std::int64_t rows, int experts, std::int32_t* counts) {
  int mine = 0;
  for (std::int64_t t = threadIdx.x; t < rows; t += threads) mine += alpha[t * experts + blockIdx.x] != 0;
  const int total = block_sum(mine);
  if (threadIdx.x == 0) counts[blockIdx.x] = total;
}

template <class T>
__global__ void place(const T* alpha, std::int64_t rows, int experts, int capacity, const std::int32_t* counts,
                      std::int32_t* tokens, std::int32_t* expert, T* weights, std::int32_t* offsets) {
  __shared__ int in_warp[warps];
  const int e = blockIdx.x;
  int before = 0;
  for (int i = threadIdx.x; i < e; i += threads) before += counts[i];
  int next = block_sum(before);
  if (threadIdx.x == 0) {
    offsets[e] = min(next, capacity);
    if (e == experts - 1) offsets[experts] = min(next + counts[e], capacity);
  }
  for (std::int64_t first = 0; first < rows; first += threads) {
    const std::int64_t t = first + threadIdx.x;
    const T a = t < rows ? alpha[t * experts + e] : T(0);
    const unsigned others = __ballot_sync(everyone, a != 0);
    __syncthreads();  // the counts of the round before may still be read
    if (threadIdx.x % warp == 0) in_warp[threadIdx.x / warp] = __popc(others);
    __syncthreads();
    int at = next + __popc(others & ((1u << (threadIdx.x % warp)) - 1));
    for (int i = 0; i < warps; ++i) {
      if (i < static_cast<int>(threadIdx.x) / warp) at += in_warp[i];
      next += in_warp[i];
    }
    if (a != 0 && at < capacity) {
      tokens[at] = static_cast<std::int32_t>(t);
      expert[at] = e;
      weights[at] = a;
    }
  }
}

template <class T>
__global__ void scatter(const T* d_weights, const std::int32_t* tokens, const std::int32_t* expert,
                        const std::int32_t* offsets, int experts, T* d_alpha) {
  const int i = blockIdx.x * threads + threadIdx.x;
  if (i < offsets[experts]) d_alpha[static_cast<std::int64_t>(tokens[i]) * experts + expert[i]] = d_weights[i];
}

}  // namespace

template <class T>
void dispatch(const T* alpha, std::int64_t rows, int experts, int capacity, std::int32_t* counts, std::int32_t* tokens,
              std::int32_t* expert, T* weights, std::int32_t* offsets, cudaStream_t stream) {
  count<T><<<experts, threads, 0, stream>>>(alpha, rows, experts, counts);
  place<T><<<experts, threads, 0, stream>>>(alpha, rows, experts, capacity, counts, tokens, expert, weights, offsets);
}

template <class T>
void dispatch_backward(const T* d_weights, const std::int32_t* tokens, const std::int32_t* expert,
                       const std::int32_t* offsets, int experts, int capacity, T* d_alpha, cudaStream_t stream) {
  scatter<T><<<(capacity + threads - 1) / threads, threads, 0, stream>>>(d_weights, tokens, expert, offsets, experts,
                                                                         d_alpha);
}

#define TESSERA_INSTANTIATE(T)                                                                                     \
  template void dispatch<T>(const T*, std::int64_t, int, int, std::int32_t*, std::int32_t*, std::int32_t*, T*,     \
                            std::int32_t*, cudaStream_t);                                                          \
  template void dispatch_backward<T>(const T*, const std::int32_t*, const std::int32_t*, const std::int32_t*, int, \
                                     int, T*, cudaStream_t);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels::cuda
