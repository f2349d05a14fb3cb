// Matrix products of small tiles held in registers, and the packing of what they read. As vector.h: for the
// translation units of one instruction set each, and no others.
//
// A tile is `tile_rows` by `tile_columns` of the result. Each of its elements is one chain of multiply-adds along k in
// ascending order, whatever the tile's size, so that how a product is cut into tiles changes no bit of it.
#pragma once

#include <utility>

#include "kernels/cpu/transpose.h"
#include "kernels/cpu/vector.h"

namespace tessera::kernels::cpu {
namespace {

constexpr int tile_rows = vector_bytes == 64 ? 8 : vector_bytes == 32 ? 6 : 4;  // as many as there are registers for
template <class T>
constexpr int tile_columns = 2 * lanes<T>;

template <class T, int M>
struct Tile {
  Vector<T> c[M][2];

  TESSERA_INLINE Tile() : Tile(Vector<T>{}, Vector<T>{}) {}
  TESSERA_INLINE Tile(Vector<T> left, Vector<T> right) {
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i) {
      c[i][0] = left;
      c[i][1] = right;
    }
  }

  // f(i, row i's left vector, its right one) for all rows. Unrolled: a row's number must be a constant for the tile to
  // stay in registers.
  template <class F>
  TESSERA_INLINE void for_each_row(F f) {
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i) f(i, c[i][0], c[i][1]);
  }

  // c[i][j] += a(i) * b[j], one step along k.
  template <class A>
  TESSERA_INLINE void add(A a, const T* b) {
    const Vector<T> left = load(b), right = load(b + lanes<T>);
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i) {
      const Vector<T> factor = broadcast(a(i));
      c[i][0] += factor * left;
      c[i][1] += factor * right;
    }
  }
};

// Calls f.template operator()<M>(first) for each of `tiles` tiles of height M <= tile_rows.
template <int M = tile_rows, class F>
TESSERA_INLINE void for_tiles_of(std::int64_t height, std::int64_t tiles, std::int64_t first, F& f) {
  if constexpr (M > 1) {
    if (height < M) return for_tiles_of<M - 1>(height, tiles, first, f);
  }
  for (std::int64_t i = 0; i < tiles; ++i) f.template operator()<M>(first + i * M);
}

// The same for `rows` rows cut into as few tiles as can be, of heights that differ by one at most.
template <class F>
TESSERA_INLINE void for_each_tile(std::int64_t rows, F f) {
  const std::int64_t tiles = (rows + tile_rows - 1) / tile_rows;
  if (tiles == 0) return;
  const std::int64_t height = rows / tiles, higher = rows % tiles;
  if (higher > 0) for_tiles_of(height + 1, higher, 0, f);
  for_tiles_of(height, tiles - higher, higher * (height + 1), f);
}

// panel[k][j] = from[k * stride + j] for j < columns, 0 up to tile_columns: columns of a row-major matrix.
template <class T>
TESSERA_INLINE void pack_columns(T* panel, const T* from, std::int64_t stride, std::int64_t depth,
                                 std::int64_t columns) {
  constexpr int N = tile_columns<T>;
  for (std::int64_t k = 0; k < depth; ++k, panel += N, from += stride) {
    if (columns >= N) {
      store(panel, load(from));
      store(panel + lanes<T>, load(from + lanes<T>));
    } else {
      for (int j = 0; j < N; ++j) panel[j] = j < columns ? from[j] : T(0);
    }
  }
}

// panel[k][j] = from[j * stride + k] for j < columns, 0 up to tile_columns: rows of a row-major matrix become columns.
template <class T>
TESSERA_INLINE void pack_rows(T* panel, const T* from, std::int64_t stride, std::int64_t depth, std::int64_t columns) {
  constexpr int N = tile_columns<T>, L = lanes<T>;
  std::int64_t k = 0;
  if (columns >= N) {
    for (; k + L <= depth; k += L) {
#pragma GCC unroll 2
      for (int half = 0; half < 2; ++half) {
        Vector<T> v[L];
#pragma GCC unroll 16
        for (int j = 0; j < L; ++j) v[j] = load(from + (half * L + j) * stride + k);
        transpose<T>(v);
#pragma GCC unroll 16
        for (int j = 0; j < L; ++j) store(panel + (k + j) * N + half * L, v[j]);
      }
    }
  }
  for (; k < depth; ++k) {
    for (int j = 0; j < N; ++j) panel[k * N + j] = j < columns ? from[j * stride + k] : T(0);
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
