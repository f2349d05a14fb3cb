// Parts of block_sparse_mm's results, from packed panels of active blocks. Compiled for each instruction set.
#pragma once

#include "kernels/block_sparse/cpu.h"
#include "kernels/cpu/products.h"

namespace tessera::kernels::cpu {
namespace {

// A tile's columns of to[t][c] = sum over the part's blocks b and k < block of from[t][b * block + k] * panel, of which
// `columns` exist. The panel has the blocks one below the other.
template <class T>
void rows_times_blocks(T* to, std::int64_t to_stride, std::int64_t columns, const T* from, std::int64_t from_stride,
                       const T* panel, std::int64_t block, const BlockSparsePart& part) {
  constexpr int N = tile_columns<T>, L = lanes<T>;
  for_each_tile(part.last - part.first, [&]<int M>(std::int64_t first) {
    const T* const rows = from + (part.first + first) * from_stride;
    Tile<T, M> tile;
    for (std::int64_t n = 0; n < part.count; ++n) {
      const T *const a = rows + part.blocks[n] * block, *const b = panel + n * block * N;
      for (std::int64_t k = 0; k < block; ++k) tile.add([&](int i) { return a[i * from_stride + k]; }, b + k * N);
    }
    T* const at = to + (part.first + first) * to_stride;
    tile.for_each_row([=](int i, Vector<T> left, Vector<T> right) {
      store_some(at + i * to_stride, left, columns);
      store_some(at + i * to_stride + L, right, columns - L);
    });
  });
}

template <class T>
void block_sparse_forward(const BlockSparse<T>& m, const BlockSparsePart& part, T* panel) {
  constexpr int N = tile_columns<T>;
  const std::int64_t B = m.block;
  for (std::int64_t c = 0; c < B; c += N) {
    for (std::int64_t n = 0; n < part.count; ++n) {
      pack_columns(panel + n * B * N, m.w + part.blocks[n] * B * m.out + part.to * B + c, m.out, B, B - c);
    }
    rows_times_blocks(m.y + part.to * B + c, m.out, B - c, m.x, m.in, panel, B, part);
  }
}

template <class T>
void block_sparse_input_gradient(const BlockSparse<T>& m, const BlockSparsePart& part, T* panel) {
  constexpr int N = tile_columns<T>;
  const std::int64_t B = m.block;
  for (std::int64_t c = 0; c < B; c += N) {
    for (std::int64_t n = 0; n < part.count; ++n) {
      pack_rows(panel + n * B * N, m.w + (part.to * B + c) * m.out + part.blocks[n] * B, m.out, B, B - c);
    }
    rows_times_blocks(m.dx + part.to * B + c, m.in, B - c, m.dy, m.out, panel, B, part);
  }
}

// One block of dw (+)= left^T dy over `depth` tokens.
template <bool Add, class T>
void block_of_gradient(T* to, const T* dy, std::int64_t out, std::int64_t block, std::int64_t depth,
                       const T* const* left, T* panel) {
  constexpr int N = tile_columns<T>;
  for (std::int64_t c = 0; c < block; c += N) {
    pack_columns(panel, dy + c, out, depth, block - c);
    const auto tiles = block - c >= N ? outer_tiles<Add, true, T> : outer_tiles<Add, false, T>;
    tiles(to + c, out, block, block - c, depth, left, panel);
  }
}

// The tokens of x are packed, since rows of a matrix that are a page apart fall into one set of the nearest cache.
template <class T>
void block_sparse_gradient(const BlockSparse<T>& m, const BlockSparseStripe& s, T* scratch) {
  constexpr std::int64_t depth = block_sparse_tokens;
  const std::int64_t B = m.block;
  T* const panel = scratch + depth * B;
  T* const dw = m.dw + s.row * B * m.out;
  const T* left[depth];
  for (std::int64_t k = 0; k < depth; ++k) left[k] = scratch + k * B;
  bool written[block_sparse_stripe / 8] = {};
  for (std::int64_t e = 0; e < m.experts; ++e) {
    const std::int32_t* const bounds = m.of_row + e * (m.in / B) + s.row;
    std::int64_t begin = bounds[0], end = bounds[1];
    while (begin < end && m.columns[begin] < s.first) ++begin;
    while (begin < end && m.columns[end - 1] >= s.last) --end;
    for (std::int64_t t = m.offsets[e]; t < m.offsets[e + 1] && begin < end; t += depth) {
      const std::int64_t rest = m.offsets[e + 1] - t, steps = rest < depth ? rest : depth;
      for (std::int64_t k = 0; k < steps; ++k) {
        __builtin_memcpy(scratch + k * B, m.x + (t + k) * m.in + s.row * B, static_cast<std::size_t>(B) * sizeof(T));
      }
      for (std::int64_t n = begin; n < end; ++n) {
        const std::int64_t j = m.columns[n];
        const auto block = written[j - s.first] ? block_of_gradient<true, T> : block_of_gradient<false, T>;
        block(dw + j * B, m.dy + t * m.out + j * B, m.out, B, steps, left, panel);
        written[j - s.first] = true;
      }
    }
  }
  for (std::int64_t i = 0; i < B; ++i) {
    for (std::int64_t j = s.first; j < s.last; ++j) {
      if (!written[j - s.first]) __builtin_memset(dw + i * m.out + j * B, 0, static_cast<std::size_t>(B) * sizeof(T));
    }
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
