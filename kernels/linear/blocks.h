// Parts of linear's results, from packed panels. Compiled for each instruction set.
#pragma once

#include "kernels/cpu/products.h"
#include "kernels/linear/cpu.h"

namespace tessera::kernels::cpu {
namespace {

// Rows of to[r][c] = start[c] + sum over k of from[r][k] * panel[k][c].
template <class T>
void rows_times_panel(T* to, std::int64_t columns, const T* from, std::int64_t depth, const T* panel,
                      const LinearPart& part, Vector<T> start_left, Vector<T> start_right) {
  constexpr int N = tile_columns<T>, L = lanes<T>;
  const std::int64_t count = columns - part.column;
  for_each_tile(part.last - part.first, [&]<int M>(std::int64_t first) {
    const T* const a = from + (part.first + first) * depth;
    Tile<T, M> tile(start_left, start_right);
    for (std::int64_t k = 0; k < depth; ++k) tile.add([&](int i) { return a[i * depth + k]; }, panel + k * N);
    T* const at = to + (part.first + first) * columns + part.column;
    tile.for_each_row([=](int i, Vector<T> left, Vector<T> right) {
      store_some(at + i * columns, left, count);
      store_some(at + i * columns + L, right, count - L);
    });
  });
}

template <class T>
void linear_forward(const Linear<T>& m, const LinearPart& part, T* panel) {
  constexpr int L = lanes<T>;
  const std::int64_t c = part.column;
  pack_columns(panel, m.w + c, m.out, m.in, m.out - c);
  rows_times_panel<T>(m.y, m.out, m.x, m.in, panel, part, load_some(m.b + c, m.out - c),
                      load_some(m.b + c + L, m.out - c - L));
}

template <class T>
void linear_input_gradient(const Linear<T>& m, const LinearPart& part, T* panel) {
  const std::int64_t c = part.column;
  pack_rows(panel, m.w + c * m.out, m.out, m.out, m.in - c);
  rows_times_panel<T>(m.dx, m.in, m.dy, m.out, panel, part, Vector<T>{}, Vector<T>{});
}

template <class T>
void linear_gradient(const Linear<T>& m, std::int64_t first, std::int64_t last) {
  if (first == 0) sum_rows(m.db, m.padded_dy, m.out, m.rows, padded(m.out));
  outer_products(
      m.dw, first, last, m.out, m.rows, [&](std::int64_t k) { return m.x + k * m.in; }, m.padded_dy, padded(m.out));
}

}  // namespace
}  // namespace tessera::kernels::cpu
