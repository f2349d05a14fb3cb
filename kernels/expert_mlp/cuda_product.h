// A tile of a matrix product by one block of threads, from whatever gives the factors' elements. Device code.
#pragma once

#include <cuda_runtime.h>

namespace tessera::kernels::cuda {

constexpr int tile_m = 32, tile_n = 64, tile_k = 16;  // of the result, and along the sum at a time
constexpr int tile_threads = 256;                     // 16 x 16, each for 2 x 4 of the result

// put(m, n, sum over k < K of a(m, k) * b(k, n)) for tile_m x tile_n results at (m0, n0) within M x N. Elements outside
// are never asked for. AByRow: a(m, k) and a(m, k + 1) are neighbours in memory, otherwise a(m, k) and a(m + 1, k);
// BByRow: b(k, n) and b(k, n + 1), otherwise b(k, n) and b(k + 1, n). All threads of the block call it.
template <class T, bool AByRow, bool BByRow, class A, class B, class Put>
__device__ void tile_product(int m0, int n0, int M, int N, int K, A a, B b, Put put) {
  __shared__ T left[tile_k][tile_m + 1], right[tile_k][tile_n + 1];  // + 1: columns fall into different banks
  const int row = threadIdx.x / 16, column = threadIdx.x % 16;
  T sum[2][4] = {};
  for (int k0 = 0; k0 < K; k0 += tile_k) {
    for (int i = threadIdx.x; i < tile_m * tile_k; i += tile_threads) {
      const int m = AByRow ? i / tile_k : i % tile_m, k = AByRow ? i % tile_k : i / tile_m;
      left[k][m] = m0 + m < M && k0 + k < K ? a(m0 + m, k0 + k) : T(0);
    }
    for (int i = threadIdx.x; i < tile_k * tile_n; i += tile_threads) {
      const int n = BByRow ? i % tile_n : i / tile_k, k = BByRow ? i / tile_n : i % tile_k;
      right[k][n] = n0 + n < N && k0 + k < K ? b(k0 + k, n0 + n) : T(0);
    }
    __syncthreads();
    for (int k = 0; k < tile_k; ++k) {
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 4; ++j) sum[i][j] += left[k][row + 16 * i] * right[k][column + 16 * j];
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 4; ++j) {
      const int m = m0 + row + 16 * i, n = n0 + column + 16 * j;
      if (m < M && n < N) put(m, n, sum[i][j]);
    }
  }
}

}  // namespace tessera::kernels::cuda
