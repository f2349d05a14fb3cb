// Products of whole matrices out of tiles, and vectors at their edges. As vector.h: for the translation units of one
// instruction set each, and no others.
#pragma once

#include "kernels/cpu/tile.h"

namespace tessera::kernels::cpu {
namespace {

// Vectors at the edge of a matrix whose rows are not padded: `count` may be anything, lanes past it are zero. By way of
// an array, since a vector whose lanes are set one by one would leave its register.
template <class T>
TESSERA_INLINE Vector<T> load_some(const T* from, std::int64_t count) {
  if (count >= lanes<T>) return load(from);
  T part[lanes<T>] = {};
  for (std::int64_t i = 0; i < count; ++i) part[i] = from[i];
  return load(part);
}

template <class T>
TESSERA_INLINE void store_some(T* to, Vector<T> v, std::int64_t count) {
  if (count >= lanes<T>) return store(to, v);
  T part[lanes<T>];
  store(part, v);
  for (std::int64_t i = 0; i < count; ++i) to[i] = part[i];
}

// to[i][j] (+)= sum over k < depth of left[k][i] * panel[k][j], for `rows` rows of a tile's columns, of which `columns`
// exist.
template <bool Add, bool Whole, class T>
void outer_tiles(T* to, std::int64_t stride, std::int64_t rows, std::int64_t columns, std::int64_t depth,
                 const T* const* left, const T* panel) {
  constexpr int N = tile_columns<T>, L = lanes<T>;
  const auto get = [](const T* from, std::int64_t n) { return Whole ? load(from) : load_some(from, n); };
  const auto put = [](T* at, Vector<T> v, std::int64_t n) { return Whole ? store(at, v) : store_some(at, v, n); };
  for_each_tile(rows, [&]<int M>(std::int64_t first) {
    T* const at = to + first * stride;
    Tile<T, M> tile;
    if constexpr (Add) {
      tile.for_each_row([=](int i, Vector<T>& l, Vector<T>& r) {
        l = get(at + i * stride, columns);
        r = get(at + i * stride + L, columns - L);
      });
    }
    for (std::int64_t k = 0; k < depth; ++k) {
      const T* const a = left[k] + first;
      tile.add([&](int i) { return a[i]; }, panel + k * N);
    }
    tile.for_each_row([=](int i, Vector<T> l, Vector<T> r) {
      put(at + i * stride, l, columns);
      put(at + i * stride + L, r, columns - L);
    });
  });
}

// Rows first up to last of to[i][j] = sum over k < n of left(k)[i] * right[k][j].
template <class T, class Left>
TESSERA_INLINE void outer_products(T* to, std::int64_t first, std::int64_t last, std::int64_t columns, std::int64_t n,
                                   Left left, const T* right, std::int64_t stride) {
  constexpr int N = tile_columns<T>;
  constexpr std::int64_t depth = 128;  // packed at once, so that a panel stays in the nearest cache
  alignas(64) T panel[depth * N];
  const T* rows[depth];
  for (std::int64_t k0 = 0; k0 < n || k0 == 0; k0 += depth) {
    const std::int64_t steps = n - k0 < depth ? n - k0 : depth;
    for (std::int64_t k = 0; k < steps; ++k) rows[k] = left(k0 + k) + first;
    for (std::int64_t c = 0; c < columns; c += N) {
      pack_columns(panel, right + k0 * stride + c, stride, steps, N);
      const bool whole = columns - c >= N;
      const auto tiles = k0 > 0 ? (whole ? outer_tiles<true, true, T> : outer_tiles<true, false, T>)
                                : (whole ? outer_tiles<false, true, T> : outer_tiles<false, false, T>);
      tiles(to + first * columns + c, columns, last - first, columns - c, steps, rows, panel);
    }
  }
}

template <class T>
TESSERA_INLINE void sum_rows(T* to, const T* from, std::int64_t columns, std::int64_t n, std::int64_t stride) {
  for (std::int64_t c = 0; c < columns; c += tile_columns<T>) {
    Vector<T> left{}, right{};
    for (std::int64_t k = 0; k < n; ++k) {
      left += load(from + k * stride + c);
      right += load(from + k * stride + c + lanes<T>);
    }
    store_some(to + c, left, columns - c);
    store_some(to + c + lanes<T>, right, columns - c - lanes<T>);
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
