// expert_mlp on a GPU. The counts of tokens stay on the device: grids are as large as the worst split of the
// assignments needs, and blocks without work return. Every sum is one thread's, in a fixed order, so results repeat bit
// for bit.
#include <cuda_runtime.h>

#include "kernels/expert_mlp/cuda.h"
#include "kernels/expert_mlp/cuda_product.h"

namespace tessera::kernels::cuda {
namespace {

constexpr int threads = 256, warp = 32;

int parts(int n, int size) { return (n + size - 1) / size; }

// The rows of an expert that this block has to do; expert < 0: none. blockIdx.x counts tiles of tile_m rows through
// the experts in turn: at most capacity / tile_m + experts of them.
struct Rows {
  int expert, begin, count, first;  // assignments begin up to begin + count are the expert's; `first` counts from there
};

__device__ Rows rows_of_block(const std::int32_t* offsets, int experts) {
  int tile = blockIdx.x;
  for (int e = 0; e < experts; ++e) {
    const int begin = offsets[e], count = offsets[e + 1] - begin, tiles = (count + tile_m - 1) / tile_m;
    if (tile < tiles) return {e, begin, count, tile * tile_m};
    tile -= tiles;
  }
  return {-1, 0, 0, 0};
}

dim3 grid_of_rows(int capacity, int experts, int columns) {
  return dim3(static_cast<unsigned>(capacity / tile_m + experts), static_cast<unsigned>(parts(columns, tile_n)));
}

template <class T>
__device__ T activated(Activation activation, T x, T& slope) {
  if (activation == Activation::relu) {
    slope = x > 0 ? T(1) : T(0);
    return x > 0 ? x : (isnan(x) ? x : T(0));
  }
  if (activation == Activation::gelu) {
    const T Phi = T(0.5) * erfc(x * T(-0.70710678118654752));
    slope = Phi + x * T(0.39894228040143268) * exp(T(-0.5) * x * x);
    return x * Phi;
  }
  const T e = exp(-fabs(x)), s = (x < 0 ? e : T(1)) / (1 + e);
  slope = s + x * s * (1 - s);
  return x * s;
}

// hidden = act(x w1 + b1)
template <class T>
__global__ void forward_hidden(MlpForward<T> m) {
  const Rows r = rows_of_block(m.offsets, m.experts);
  if (r.expert < 0) return;
  const std::int32_t* const tokens = m.tokens + r.begin;
  const T* const w1 = m.w1 + static_cast<std::int64_t>(r.expert) * m.D * m.H;
  const T* const b1 = m.b1 + static_cast<std::int64_t>(r.expert) * m.H;
  tile_product<T, true, true>(
      r.first, blockIdx.y * tile_n, r.count, m.H, m.D,
      [&](int i, int k) { return m.x[static_cast<std::int64_t>(tokens[i]) * m.D + k]; },
      [&](int k, int n) { return w1[static_cast<std::int64_t>(k) * m.H + n]; },
      [&](int i, int n, T sum) {
        const std::int64_t at = static_cast<std::int64_t>(r.begin + i) * m.H + n;
        T slope;
        m.hidden[at] = activated(m.activation, sum + b1[n], slope);
        if (m.slope) m.slope[at] = slope;
      });
}

// rows = weight * (hidden w2 + b2)
template <class T>
__global__ void forward_rows(MlpForward<T> m) {
  const Rows r = rows_of_block(m.offsets, m.experts);
  if (r.expert < 0) return;
  const T* const hidden = m.hidden + static_cast<std::int64_t>(r.begin) * m.H;
  const T* const w2 = m.w2 + static_cast<std::int64_t>(r.expert) * m.H * m.D;
  const T* const b2 = m.b2 + static_cast<std::int64_t>(r.expert) * m.D;
  tile_product<T, true, true>(
      r.first, blockIdx.y * tile_n, r.count, m.D, m.H,
      [&](int i, int k) { return hidden[static_cast<std::int64_t>(i) * m.H + k]; },
      [&](int k, int n) { return w2[static_cast<std::int64_t>(k) * m.D + n]; },
      [&](int i, int n, T sum) {
        m.rows[static_cast<std::int64_t>(r.begin + i) * m.D + n] = m.weights[r.begin + i] * (sum + b2[n]);
      });
}

// places[token][expert] = assignment; a thread each. The list does not say the expert: it is the last one that starts
// at or before the assignment.
template <class T>
__global__ void find_places(MlpShape<T> m) {
  const int i = blockIdx.x * threads + threadIdx.x;
  if (i >= m.offsets[m.experts]) return;
  int low = 0, high = m.experts - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (m.offsets[middle] <= i) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  m.places[static_cast<std::int64_t>(m.tokens[i]) * m.experts + low] = i;
}

// to[t] = sum of a token's rows, in the order of experts; a thread for each element.
template <class T>
__global__ void sum_rows(MlpShape<T> m, T* to) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= static_cast<std::int64_t>(m.token_count) * m.D) return;
  const std::int32_t* const places = m.places + i / m.D * m.experts;
  T total = 0;
  for (int e = 0; e < m.experts; ++e) {
    if (places[e] >= 0) total += m.rows[static_cast<std::int64_t>(places[e]) * m.D + i % m.D];
  }
  to[i] = total;
}

template <class T>
void combine(const MlpShape<T>& m, T* to, cudaStream_t stream) {
  const std::int64_t entries = static_cast<std::int64_t>(m.token_count) * m.experts;
  cudaMemsetAsync(m.places, 0xff, static_cast<std::size_t>(entries) * sizeof(std::int32_t), stream);  // all -1
  find_places<T><<<parts(m.capacity, threads), threads, 0, stream>>>(m);
  const std::int64_t elements = static_cast<std::int64_t>(m.token_count) * m.D;
  sum_rows<T><<<static_cast<unsigned>((elements + threads - 1) / threads), threads, 0, stream>>>(m, to);
}

// d_hidden = dy w2^T, before weight and activation
template <class T>
__global__ void backward_hidden(MlpBackward<T> m) {
  const Rows r = rows_of_block(m.offsets, m.experts);
  if (r.expert < 0) return;
  const std::int32_t* const tokens = m.tokens + r.begin;
  const T* const w2 = m.w2 + static_cast<std::int64_t>(r.expert) * m.H * m.D;
  tile_product<T, true, false>(
      r.first, blockIdx.y * tile_n, r.count, m.H, m.D,
      [&](int i, int k) { return m.dy[static_cast<std::int64_t>(tokens[i]) * m.D + k]; },
      [&](int k, int n) { return w2[static_cast<std::int64_t>(n) * m.D + k]; },
      [&](int i, int n, T sum) { m.d_hidden[static_cast<std::int64_t>(r.begin + i) * m.H + n] = sum; });
}

// A warp for each assignment: d_weights = d_hidden . hidden + dy . b2, then d_hidden goes through weight and
// activation.
template <class T>
__global__ void through_activation(MlpBackward<T> m) {
  const int i = blockIdx.x * (threads / warp) + threadIdx.x / warp, lane = threadIdx.x % warp;
  if (i >= m.offsets[m.experts]) return;
  int expert = 0;
  while (m.offsets[expert + 1] <= i) ++expert;
  const T* const dy = m.dy + static_cast<std::int64_t>(m.tokens[i]) * m.D;
  const T* const b2 = m.b2 + static_cast<std::int64_t>(expert) * m.D;
  const T weight = m.weights[i];
  T dot = 0;
  for (int d = lane; d < m.D; d += warp) dot += dy[d] * b2[d];
  for (int h = lane; h < m.H; h += warp) {
    const std::int64_t at = static_cast<std::int64_t>(i) * m.H + h;
    const T g = m.d_hidden[at], hidden = m.hidden[at];
    dot += g * hidden;
    m.d_hidden[at] = weight * g * (m.slope ? m.slope[at] : (hidden > 0 ? T(1) : T(0)));
  }
  for (int distance = warp / 2; distance > 0; distance /= 2) dot += __shfl_xor_sync(0xffffffffu, dot, distance);
  if (lane == 0) m.d_weights[i] = dot;
}

// rows = d_hidden w1^T
template <class T>
__global__ void backward_rows(MlpBackward<T> m) {
  const Rows r = rows_of_block(m.offsets, m.experts);
  if (r.expert < 0) return;
  const T* const d_hidden = m.d_hidden + static_cast<std::int64_t>(r.begin) * m.H;
  const T* const w1 = m.w1 + static_cast<std::int64_t>(r.expert) * m.D * m.H;
  tile_product<T, true, false>(
      r.first, blockIdx.y * tile_n, r.count, m.D, m.H,
      [&](int i, int k) { return d_hidden[static_cast<std::int64_t>(i) * m.H + k]; },
      [&](int k, int n) { return w1[static_cast<std::int64_t>(n) * m.H + k]; },
      [&](int i, int n, T sum) { m.rows[static_cast<std::int64_t>(r.begin + i) * m.D + n] = sum; });
}

// dw1 = x^T d_hidden, blockIdx.z an expert; without tokens it is zero.
template <class T>
__global__ void gradient_w1(MlpBackward<T> m) {
  const int begin = m.offsets[blockIdx.z], count = m.offsets[blockIdx.z + 1] - begin;
  T* const dw1 = m.dw1 + static_cast<std::int64_t>(blockIdx.z) * m.D * m.H;
  tile_product<T, false, true>(
      blockIdx.x * tile_m, blockIdx.y * tile_n, m.D, m.H, count,
      [&](int d, int k) { return m.x[static_cast<std::int64_t>(m.tokens[begin + k]) * m.D + d]; },
      [&](int k, int h) { return m.d_hidden[static_cast<std::int64_t>(begin + k) * m.H + h]; },
      [&](int d, int h, T sum) { dw1[static_cast<std::int64_t>(d) * m.H + h] = sum; });
}

// dw2 = hidden^T (weight dy)
template <class T>
__global__ void gradient_w2(MlpBackward<T> m) {
  const int begin = m.offsets[blockIdx.z], count = m.offsets[blockIdx.z + 1] - begin;
  T* const dw2 = m.dw2 + static_cast<std::int64_t>(blockIdx.z) * m.H * m.D;
  tile_product<T, false, true>(
      blockIdx.x * tile_m, blockIdx.y * tile_n, m.H, m.D, count,
      [&](int h, int k) { return m.hidden[static_cast<std::int64_t>(begin + k) * m.H + h]; },
      [&](int k, int d) {
        return m.weights[begin + k] * m.dy[static_cast<std::int64_t>(m.tokens[begin + k]) * m.D + d];
      },
      [&](int h, int d, T sum) { dw2[static_cast<std::int64_t>(h) * m.D + d] = sum; });
}

// db1 = sum of d_hidden, db2 = sum of weight dy; blockIdx.y an expert, a thread for each column.
template <class T>
__global__ void gradient_b1(MlpBackward<T> m) {
  const int h = blockIdx.x * threads + threadIdx.x;
  if (h >= m.H) return;
  T total = 0;
  for (int i = m.offsets[blockIdx.y]; i < m.offsets[blockIdx.y + 1]; ++i) {
    total += m.d_hidden[static_cast<std::int64_t>(i) * m.H + h];
  }
  m.db1[static_cast<std::int64_t>(blockIdx.y) * m.H + h] = total;
}

template <class T>
__global__ void gradient_b2(MlpBackward<T> m) {
  const int d = blockIdx.x * threads + threadIdx.x;
  if (d >= m.D) return;
  T total = 0;
  for (int i = m.offsets[blockIdx.y]; i < m.offsets[blockIdx.y + 1]; ++i) {
    total += m.weights[i] * m.dy[static_cast<std::int64_t>(m.tokens[i]) * m.D + d];
  }
  m.db2[static_cast<std::int64_t>(blockIdx.y) * m.D + d] = total;
}

}  // namespace

template <class T>
void mlp_forward(const MlpForward<T>& m, cudaStream_t stream) {
  forward_hidden<T><<<grid_of_rows(m.capacity, m.experts, m.H), tile_threads, 0, stream>>>(m);
  forward_rows<T><<<grid_of_rows(m.capacity, m.experts, m.D), tile_threads, 0, stream>>>(m);
  combine<T>(m, m.y, stream);
}

template <class T>
void mlp_backward(const MlpBackward<T>& m, cudaStream_t stream) {
  backward_hidden<T><<<grid_of_rows(m.capacity, m.experts, m.H), tile_threads, 0, stream>>>(m);
  through_activation<T><<<parts(m.capacity, threads / warp), threads, 0, stream>>>(m);
  if (m.dx) {
    backward_rows<T><<<grid_of_rows(m.capacity, m.experts, m.D), tile_threads, 0, stream>>>(m);
    combine<T>(m, m.dx, stream);
  }
  const dim3 grid1(parts(m.D, tile_m), parts(m.H, tile_n), m.experts);
  const dim3 grid2(parts(m.H, tile_m), parts(m.D, tile_n), m.experts);
  if (m.dw1) gradient_w1<T><<<grid1, tile_threads, 0, stream>>>(m);
  if (m.dw2) gradient_w2<T><<<grid2, tile_threads, 0, stream>>>(m);
  if (m.db1) gradient_b1<T><<<dim3(parts(m.H, threads), m.experts), threads, 0, stream>>>(m);
  if (m.db2) gradient_b2<T><<<dim3(parts(m.D, threads), m.experts), threads, 0, stream>>>(m);
}

template void mlp_forward<float>(const MlpForward<float>&, cudaStream_t);
template void mlp_forward<double>(const MlpForward<double>&, cudaStream_t);
template void mlp_backward<float>(const MlpBackward<float>&, cudaStream_t);
template void mlp_backward<double>(const MlpBackward<double>&, cudaStream_t);

}  // namespace tessera::kernels::cuda
