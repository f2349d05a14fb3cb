// Parts of block_sparse_mm's results, from packed panels of active blocks. Compiled for each instruction set.
#pragma once

#include "kernels/block_sparse/cpu.h"
#include "kernels/cpu/products.h"

namespace tessera::kernels::cpu {
namespace {

template <class T>
TESSERA_INLINE void clear(T* to, std::int64_t stride, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i) {
    __builtin_memset(to + i * stride, 0, static_cast<std::size_t>(columns) * sizeof(T));
  }
}

// Columns of a row-major matrix as panels that lie `apart` elements apart, read a row at a time.
template <class T>
TESSERA_INLINE void pack_panels(T* panels, std::int64_t apart, const T* from, std::int64_t stride, std::int64_t depth,
                                std::int64_t columns) {
  constexpr int N = tile_columns<T>;
  for (std::int64_t k = 0; k < depth; ++k, panels += N, from += stride) {
    T* to = panels;
    for (std::int64_t c = 0; c < columns; c += N, to += apart) pack_columns(to, from + c, stride, 1, columns - c);
  }
}

// Asks for `bytes` bytes of each of M rows.
template <int M, class T>
TESSERA_INLINE void prefetch_rows(const T* from, std::int64_t stride, std::int64_t bytes) {
  for (int i = 0; i < M; ++i) {
    const char* const row = reinterpret_cast<const char*>(from + i * stride);
    for (std::int64_t at = 0; at < bytes; at += 64) __builtin_prefetch(row + at);
  }
}

// A tile's columns of to[t][c] (+)= sum over `count` blocks b and k < block of from[t][b * block + k] * panel, of which
// `columns` exist. The panel has the blocks one below the other. Ahead: asks for the rows of `from` before their turn.
template <bool Add, bool Ahead, class T>
void rows_times_blocks(T* to, std::int64_t to_stride, std::int64_t columns, const T* from, std::int64_t from_stride,
                       const T* panel, std::int64_t block, std::int64_t tokens, const std::int32_t* blocks,
                       std::int64_t count) {
  constexpr int N = tile_columns<T>, L = lanes<T>;
  for_each_tile(tokens, [&]<int M>(std::int64_t first) {
    const T* const rows = from + first * from_stride;
    T* const at = to + first * to_stride;
    Tile<T, M> tile;
    if constexpr (Add) {
      tile.for_each_row([=](int i, Vector<T>& left, Vector<T>& right) {
        left = load_some(at + i * to_stride, columns);
        right = load_some(at + i * to_stride + L, columns - L);
      });
    }
    for (std::int64_t n = 0; n < count; ++n) {
      const T *const a = rows + blocks[n] * block, *const b = panel + n * block * N;
      if constexpr (Ahead) {
        const T* const next = n + 1 < count ? rows + blocks[n + 1] * block : rows + M * from_stride + blocks[0] * block;
        prefetch_rows<M>(next, from_stride, block * static_cast<std::int64_t>(sizeof(T)));
      }
      for (std::int64_t k = 0; k < block; ++k) tile.add([&](int i) { return a[i * from_stride + k]; }, b + k * N);
    }
    tile.for_each_row([=](int i, Vector<T> left, Vector<T> right) {
      store_some(at + i * to_stride, left, columns);
      store_some(at + i * to_stride + L, right, columns - L);
    });
  });
}

// The part's rows of `to`, some blocks at a time: pack(panels, apart, b) packs block b into panels `apart` apart.
template <class T, class Pack>
TESSERA_INLINE void product(T* to, std::int64_t to_stride, const T* from, std::int64_t from_stride, std::int64_t block,
                            const BlockSparsePart& part, T* panels, Pack pack) {
  constexpr int N = tile_columns<T>;
  const std::int64_t tokens = part.last - part.first,
                     most = block < block_sparse_depth ? block_sparse_depth / block : 1, apart = most * block * N;
  to += part.first * to_stride + part.to * block;
  from += part.first * from_stride;
  if (part.count == 0) return clear(to, to_stride, tokens, block);
  for (std::int64_t n = 0; n < part.count; n += most) {
    const std::int64_t count = part.count - n < most ? part.count - n : most;
    for (std::int64_t i = 0; i < count; ++i) pack(panels + i * block * N, apart, part.blocks[n + i]);
    for (std::int64_t c = 0; c < block; c += N) {
      const auto multiply = c > 0 ? (n > 0 ? rows_times_blocks<true, false, T> : rows_times_blocks<false, false, T>)
                                  : (n > 0 ? rows_times_blocks<true, true, T> : rows_times_blocks<false, true, T>);
      multiply(to + c, to_stride, block - c, from, from_stride, panels + c / N * apart, block, tokens, part.blocks + n,
               count);
    }
  }
}

template <class T>
void block_sparse_forward(const BlockSparse<T>& m, const BlockSparsePart& part, T* scratch) {
  const std::int64_t B = m.block;
  product(m.y, m.out, m.x, m.in, B, part, scratch, [&](T* panels, std::int64_t apart, std::int64_t b) {
    pack_panels(panels, apart, m.w + b * B * m.out + part.to * B, m.out, B, B);
  });
}

template <class T>
void block_sparse_input_gradient(const BlockSparse<T>& m, const BlockSparsePart& part, T* scratch) {
  constexpr int N = tile_columns<T>;
  const std::int64_t B = m.block;
  product(m.dx, m.in, m.dy, m.out, B, part, scratch, [&](T* panels, std::int64_t apart, std::int64_t b) {
    for (std::int64_t c = 0; c < B; c += N) {
      pack_rows(panels + c / N * apart, m.w + (part.to * B + c) * m.out + b * B, m.out, B, B - c);
    }
  });
}

// One block of dw (+)= left^T dy over `depth` tokens; left: [depth, block]. `next` is the dy of the block after it.
// While a panel of dy is worked on, what the next one is packed from is asked for.
template <bool Add, class T>
void block_of_gradient(T* to, const T* dy, const T* next, std::int64_t out, std::int64_t block, std::int64_t depth,
                       const T* left, T* panel) {
  constexpr int N = tile_columns<T>, L = lanes<T>;
  for (std::int64_t c = 0; c < block; c += N) {
    const std::int64_t columns = block - c;
    pack_columns(panel, dy + c, out, depth, columns);
    const T* const ahead = columns > N ? dy + c + N : next;
    std::int64_t asked = 0;
    for_each_tile(block, [&]<int M>(std::int64_t first) {
      for (const std::int64_t end = depth * (first + M) / block; asked < end; ++asked) {
        prefetch_rows<1>(ahead + asked * out, 0, N * static_cast<std::int64_t>(sizeof(T)));
      }
      T* const at = to + first * out + c;
      Tile<T, M> tile;
      if constexpr (Add) {
        tile.for_each_row([=](int i, Vector<T>& l, Vector<T>& r) {
          l = load_some(at + i * out, columns);
          r = load_some(at + i * out + L, columns - L);
        });
      }
      for (std::int64_t k = 0; k < depth; ++k) {
        const T* const a = left + k * block + first;
        tile.add([&](int i) { return a[i]; }, panel + k * N);
      }
      tile.for_each_row([=](int i, Vector<T> l, Vector<T> r) {
        store_some(at + i * out, l, columns);
        store_some(at + i * out + L, r, columns - L);
      });
    });
  }
}

// Tokens of x are packed, since rows of a matrix that are a page apart fall into one set of the nearest cache.
template <class T>
void block_sparse_gradient(const BlockSparse<T>& m, const BlockSparseStripe& s, T* scratch) {
  constexpr std::int64_t depth = block_sparse_depth;
  const std::int64_t B = m.block;
  T *const left = scratch, *const panel = scratch + depth * B;
  T* const dw = m.dw + s.row * B * m.out;
  bool written[block_sparse_stripe] = {};
  for (std::int64_t e = 0; e < m.experts; ++e) {
    const std::int32_t* const bounds = m.of_row + e * (m.in / B) + s.row;
    std::int64_t begin = bounds[0], end = bounds[1];
    while (begin < end && m.columns[begin] < s.first) ++begin;
    while (begin < end && m.columns[end - 1] >= s.last) --end;
    for (std::int64_t t = m.offsets[e]; t < m.offsets[e + 1] && begin < end; t += depth) {
      const std::int64_t rest = m.offsets[e + 1] - t, steps = rest < depth ? rest : depth;
      for (std::int64_t k = 0; k < steps; ++k) {
        __builtin_memcpy(left + k * B, m.x + (t + k) * m.in + s.row * B, static_cast<std::size_t>(B) * sizeof(T));
      }
      for (std::int64_t n = begin; n < end; ++n) {
        const std::int64_t j = m.columns[n];
        const T *const dy = m.dy + t * m.out + j * B, *const next = n + 1 < end ? dy + (m.columns[n + 1] - j) * B : dy;
        const auto block = written[j - s.first] ? block_of_gradient<true, T> : block_of_gradient<false, T>;
        block(dw + j * B, dy, next, m.out, B, steps, left, panel);
        written[j - s.first] = true;
      }
    }
  }
  for (std::int64_t j = s.first, end; j < s.last; j = end + 1) {
    for (end = j; end < s.last && !written[end - s.first];) ++end;
    clear(dw + j * B, m.out, B, (end - j) * B);
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
