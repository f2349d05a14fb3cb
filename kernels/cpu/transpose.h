// Rows to columns and back: what works on as many rows as a vector has lanes keeps row i in lane i. Compiled for each
// instruction set.
#pragma once

#include <cstdint>
#include <utility>

#include "kernels/cpu/vector.h"

namespace tessera::kernels::cpu {
namespace {

// Lanes of the interleaved halves of two vectors of N: a0 b0 a1 b1 ... for Part = 0, the upper half for 1.
template <int Part, class V, int... I>
TESSERA_INLINE V interleave(V a, V b, std::integer_sequence<int, I...>) {
  constexpr int N = sizeof...(I);
  return __builtin_shufflevector(a, b, (Part * (N / 2) + I / 2 + (I % 2) * N)...);
}

// Transposes lanes x lanes: log2(lanes) perfect shuffles.
template <class T>
TESSERA_INLINE void transpose(Vector<T> (&v)[lanes<T>]) {
  constexpr int N = lanes<T>;
  const auto sequence = std::make_integer_sequence<int, N>();
#pragma GCC unroll 4
  for (int round = 1; round < N; round *= 2) {
    Vector<T> next[N];
#pragma GCC unroll 16
    for (int i = 0; i < N / 2; ++i) {
      next[2 * i] = interleave<0>(v[i], v[i + N / 2], sequence);
      next[2 * i + 1] = interleave<1>(v[i], v[i + N / 2], sequence);
    }
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) v[i] = next[i];
  }
}

// column[e][lane] = from[lane][e], 0 in the lanes past `rows`. The rows after these are asked for from memory
// meanwhile.
template <class T>
void gather_rows(T* column, const T* from, std::int64_t rows, std::int64_t experts) {
  constexpr int n = lanes<T>;
  std::int64_t e = 0;
  for (; rows == n && e + n <= experts; e += n) {
    Vector<T> block[n];
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) {
      block[i] = load(from + i * experts + e);
      __builtin_prefetch(from + (i + n) * experts + e);
    }
    transpose<T>(block);
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) store(column + (e + i) * n, block[i]);
  }
  for (; e < experts; ++e) {
    for (std::int64_t i = 0; i < n; ++i) column[e * n + i] = i < rows ? from[i * experts + e] : T(0);
  }
}

template <class T>
void scatter_rows(T* to, const T* column, std::int64_t rows, std::int64_t experts) {
  constexpr int n = lanes<T>;
  std::int64_t e = 0;
  for (; rows == n && e + n <= experts; e += n) {
    Vector<T> block[n];
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) block[i] = load(column + (e + i) * n);
    transpose<T>(block);
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) store(to + i * experts + e, block[i]);
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t rest = e; rest < experts; ++rest) to[i * experts + rest] = column[rest * n + i];
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
