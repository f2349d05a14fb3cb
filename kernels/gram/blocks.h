// Dot products of all pairs of rows, over a span of their elements. Compiled for each instruction set.
#pragma once

#include "kernels/cpu/products.h"
#include "kernels/gram/cpu.h"

namespace tessera::kernels::cpu {
namespace {

// row . others[0], ..., row . others[M - 1], added to sums[0], ..., sums[M - 1].
template <int M, class T>
TESSERA_INLINE void dots(const T* row, const T* const* others, std::int64_t first, std::int64_t last, double* sums) {
  Vector<T> total[M] = {};
  for (std::int64_t k = first; k < last; k += lanes<T>) {
    const Vector<T> a = load_some(row + k, last - k);
#pragma GCC unroll 4
    for (int j = 0; j < M; ++j) total[j] += a * load_some(others[j] + k, last - k);
  }
  for (int j = 0; j < M; ++j) sums[j] += static_cast<double>(sum<T>(total[j]));
}

// Adds elements first up to last of rows i and j <= i to sums[i * count + j]. In strips that stay in the nearest cache,
// each summed in T and added up in double.
template <class T>
void gram(const GramRows<T>& m, std::int64_t first, std::int64_t last, double* sums) {
  constexpr std::int64_t strip = 512;
  for (; first < last; first += strip) {
    const std::int64_t end = last - first < strip ? last : first + strip;
    for (std::int64_t i = 0; i < m.count; ++i) {
      double* const to = sums + i * m.count;
      std::int64_t j = 0;
      for (; j + 4 <= i + 1; j += 4) dots<4>(m.rows[i], m.rows + j, first, end, to + j);
      for (; j <= i; ++j) dots<1>(m.rows[i], m.rows + j, first, end, to + j);
    }
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
