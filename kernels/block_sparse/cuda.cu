// block_sparse_mm on a GPU. Offsets stay on the device: grids are as large as the worst split of the tokens needs, and
// blocks without work return. Every sum is one thread's, in a fixed order, so results repeat bit for bit. A tile of
// threads never reaches beyond a block of the matrix, so blocks of 64 and more use all of its threads.
#include <cuda_runtime.h>

#include "kernels/block_sparse/cuda.h"
#include "kernels/expert_mlp/cuda_product.h"

namespace tessera::kernels::cuda {
namespace {

int parts(int n, int size) { return (n + size - 1) / size; }

template <class T>
__device__ int offset(const BlockSparse<T>& m, int expert) {
  if (expert > m.experts) return m.tokens;
  return m.offsets ? m.offsets[expert] : expert * m.tokens;
}

// The tokens that this block of threads has to do; expert = experts: those of none, whose results are zero; < 0: none.
// blockIdx.x counts tiles of tile_m tokens through the experts in turn: at most tokens / tile_m + experts + 1 of them.
struct Tokens {
  int expert, begin, count, first;  // tokens begin up to begin + count are the expert's; `first` counts from there
};

template <class T>
__device__ Tokens tokens_of_block(const BlockSparse<T>& m) {
  int tile = blockIdx.x;
  for (int e = 0; e <= m.experts; ++e) {
    const int begin = offset(m, e), count = offset(m, e + 1) - begin, tiles = (count + tile_m - 1) / tile_m;
    if (tile < tiles) return {e, begin, count, tile * tile_m};
    tile -= tiles;
  }
  return {-1, 0, 0, 0};
}

// A tile of to = from W, blockIdx.y counting tiles of tile_n columns through the `across` blocks of `to` in turn, each
// from the active blocks listed for it. Down: W is w, and the lists are those of its columns; else W is w^T.
template <bool Down, class T>
__global__ void product(BlockSparse<T> m, const T* from, T* to, int from_width, int to_width) {
  const Tokens t = tokens_of_block(m);
  if (t.expert < 0) return;
  const int tiles = (m.block + tile_n - 1) / tile_n, j = blockIdx.y / tiles, across = to_width / m.block;
  const std::int32_t* const starts = (Down ? m.of_column : m.of_row) + t.expert * across + j;
  const bool any = t.expert < m.experts;
  const std::int32_t* const blocks = (Down ? m.rows : m.columns) + (any ? starts[0] : 0);
  const int count = any ? starts[1] - starts[0] : 0;
  from += static_cast<std::int64_t>(t.begin) * from_width;
  to += static_cast<std::int64_t>(t.begin) * to_width + j * m.block;
  tile_product<T, true, Down>(
      t.first, blockIdx.y % tiles * tile_n, t.count, m.block, count * m.block,
      [&](int i, int k) {
        return from[static_cast<std::int64_t>(i) * from_width + blocks[k / m.block] * m.block + k % m.block];
      },
      [&](int k, int n) {
        const std::int64_t inner = blocks[k / m.block] * m.block + k % m.block, outer = j * m.block + n;
        return Down ? m.w[inner * m.out + outer] : m.w[outer * m.out + inner];
      },
      [&](int i, int n, T sum) { to[static_cast<std::int64_t>(i) * to_width + n] = sum; });
}

// A tile of dw's block (i, j), blockIdx.x = i * J + j: zero, or the sum over the experts for which it is active.
template <class T>
__global__ void gradient(BlockSparse<T> m, const T* dy, T* dw) {
  const int J = m.out / m.block, blocks = m.in / m.block * J;
  const int row = blockIdx.x / J * m.block, column = blockIdx.x % J * m.block;
  bool written = false;
  const auto add = [&](int begin, int count) {
    tile_product<T, false, true>(
        blockIdx.y * tile_m, blockIdx.z * tile_n, m.block, m.block, count,
        [&](int i, int k) { return m.x[static_cast<std::int64_t>(begin + k) * m.in + row + i]; },
        [&](int k, int n) { return dy[static_cast<std::int64_t>(begin + k) * m.out + column + n]; },
        [&](int i, int n, T sum) {
          T& at = dw[static_cast<std::int64_t>(row + i) * m.out + column + n];
          at = written ? at + sum : sum;
        });
    written = true;
  };
  for (int e = 0; e < m.experts; ++e) {
    if (m.mask[static_cast<std::int64_t>(e) * blocks + blockIdx.x]) add(offset(m, e), offset(m, e + 1) - offset(m, e));
  }
  if (!written) add(0, 0);
}

template <bool Down, class T>
void multiply(const BlockSparse<T>& m, const T* from, T* to, cudaStream_t stream) {
  const int from_width = Down ? m.in : m.out, to_width = Down ? m.out : m.in;
  const dim3 grid(static_cast<unsigned>(m.tokens / tile_m + m.experts + 1),
                  static_cast<unsigned>(to_width / m.block * parts(m.block, tile_n)));
  product<Down, T><<<grid, tile_threads, 0, stream>>>(m, from, to, from_width, to_width);
}

}  // namespace

template <class T>
void block_sparse_forward(const BlockSparse<T>& m, T* y, cudaStream_t stream) {
  multiply<true, T>(m, m.x, y, stream);
}

template <class T>
void block_sparse_input_gradient(const BlockSparse<T>& m, const T* dy, T* dx, cudaStream_t stream) {
  multiply<false, T>(m, dy, dx, stream);
}

template <class T>
void block_sparse_gradient(const BlockSparse<T>& m, const T* dy, T* dw, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(m.in / m.block * (m.out / m.block)),
                  static_cast<unsigned>(parts(m.block, tile_m)), static_cast<unsigned>(parts(m.block, tile_n)));
  gradient<T><<<grid, tile_threads, 0, stream>>>(m, dy, dw);
}

#define TESSERA_BLOCK_SPARSE(T)                                                                    \
  template void block_sparse_forward<T>(const BlockSparse<T>&, T*, cudaStream_t);                  \
  template void block_sparse_input_gradient<T>(const BlockSparse<T>&, const T*, T*, cudaStream_t); \
  template void block_sparse_gradient<T>(const BlockSparse<T>&, const T*, T*, cudaStream_t)
TESSERA_BLOCK_SPARSE(float);
TESSERA_BLOCK_SPARSE(double);

}  // namespace tessera::kernels::cuda
