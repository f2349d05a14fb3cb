// expert_mlp for blocks of rows, from packed panels of weights. Compiled for each instruction set.
#pragma once

#include "kernels/cpu/products.h"
#include "kernels/expert_mlp/cpu.h"

namespace tessera::kernels::cpu {
namespace {

// Replaces `rows` rows of `columns` columns at `hidden` by their activation, and writes its slope unless that is null.
template <class T>
void activate(Activation activation, T* hidden, T* slope, std::int64_t rows, std::int64_t stride) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < tile_columns<T>; j += lanes<T>) {
      T* const at = hidden + i * stride + j;
      const Vector<T> x = load(at);
      Vector<T> y, dy{};
      if (activation == Activation::relu) {
        y = x > T(0) ? x : (x != x ? x : Vector<T>{});
      } else if (activation == Activation::gelu) {
        Vector<T> Phi, phi;
        normal(x, Phi, phi);
        y = x * Phi;
        dy = Phi + x * phi;
      } else {
        const Vector<T> s = sigmoid<T>(x);
        y = x * s;
        dy = s + y * (T(1) - s);
      }
      store(at, y);
      if (slope) store(slope + i * stride + j, dy);
    }
  }
}

template <class T>
void mlp_forward(const MlpForward<T>& m, const MlpRows& r, T* panel) {
  constexpr int N = tile_columns<T>, L = lanes<T>;
  const std::int64_t D = m.D, H = m.H, rows = r.last - r.first;
  const std::int32_t* const tokens = m.tokens + r.first;
  T* const hidden = m.hidden + r.first * m.Hs;
  for (std::int64_t c = 0; c < H; c += N) {
    pack_columns(panel, m.w1 + r.expert * D * H + c, H, D, H - c);
    const T* const b1 = m.b1 + r.expert * H + c;
    const Vector<T> left = load_some(b1, H - c), right = load_some(b1 + L, H - c - L);
    for_each_tile(rows, [&]<int M>(std::int64_t first) {
      const T* a[M];
      for (int i = 0; i < M; ++i) a[i] = m.x + tokens[first + i] * D;
      Tile<T, M> tile(left, right);
      for (std::int64_t k = 0; k < D; ++k) tile.add([&](int i) { return a[i][k]; }, panel + k * N);
      T* const to = hidden + first * m.Hs + c;
      tile.for_each_row([=, stride = m.Hs](int i, Vector<T> l, Vector<T> r) {
        store(to + i * stride, l);
        store(to + i * stride + L, r);
      });
      T* const slope = m.slope ? m.slope + (r.first + first) * m.Hs + c : nullptr;
      activate(m.activation, to, slope, M, m.Hs);
    });
  }
  for (std::int64_t c = 0; c < D; c += N) {
    pack_columns(panel, m.w2 + r.expert * H * D + c, D, H, D - c);
    const T* const b2 = m.b2 + r.expert * D + c;
    const Vector<T> left = load_some(b2, D - c), right = load_some(b2 + L, D - c - L);
    for_each_tile(rows, [&]<int M>(std::int64_t first) {
      const T* const a = hidden + first * m.Hs;
      Tile<T, M> tile(left, right);
      for (std::int64_t k = 0; k < H; ++k) tile.add([&](int i) { return a[i * m.Hs + k]; }, panel + k * N);
      T* const to = m.out + (r.first + first) * m.Ds + c;
      const T* const weight = m.weights + r.first + first;
      tile.for_each_row([=, stride = m.Ds](int i, Vector<T> l, Vector<T> r) {
        store(to + i * stride, l * weight[i]);
        store(to + i * stride + L, r * weight[i]);
      });
    });
  }
}

// From g = dy w2^T, `rows` rows of a tile's columns in d_hidden: adds g . hidden to each row's vector in `dot`, and
// makes of d_hidden the gradient before the activation.
template <class T>
void through_activation(const MlpBackward<T>& m, std::int64_t row, std::int64_t rows, std::int64_t c, T* dot) {
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t offset = (row + i) * m.Hs + c;
    Vector<T> total = load(dot + i * lanes<T>);
    const T weight = m.weights[row + i];
    for (std::int64_t j = offset; j < offset + tile_columns<T>; j += lanes<T>) {
      const Vector<T> g = load(m.d_hidden + j), hidden = load(m.hidden + j);
      total += g * hidden;
      const Vector<T> weighted = g * weight;
      store(m.d_hidden + j, m.slope ? weighted * load(m.slope + j) : (hidden > T(0) ? weighted : Vector<T>{}));
    }
    store(dot + i * lanes<T>, total);
  }
}

// d_weights = dy . (hidden w2 + b2) = (dy w2^T) . hidden + dy . b2, so the output need not be kept.
template <class T>
void mlp_backward(const MlpBackward<T>& m, const MlpRows& r, T* panel) {
  constexpr int N = tile_columns<T>, L = lanes<T>;
  const std::int64_t D = m.D, H = m.H, rows = r.last - r.first;
  const std::int32_t* const tokens = m.tokens + r.first;
  T* const dot = panel + padding * (D > H ? D : H);
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* const dy = m.dy + tokens[i] * D;
    Vector<T> total{};
    for (std::int64_t c = 0; c < m.Ds; c += L) {
      const Vector<T> d = load_some(dy + c, D - c);
      total += d * load_some(m.b2 + r.expert * D + c, D - c);
      store(m.d_out + (r.first + i) * m.Ds + c, d * m.weights[r.first + i]);
    }
    store(dot + i * L, total);
  }
  for (std::int64_t c = 0; c < H; c += N) {
    pack_rows(panel, m.w2 + (r.expert * H + c) * D, D, D, H - c);
    for_each_tile(rows, [&]<int M>(std::int64_t first) {
      const T* a[M];
      for (int i = 0; i < M; ++i) a[i] = m.dy + tokens[first + i] * D;
      Tile<T, M> tile;
      for (std::int64_t k = 0; k < D; ++k) tile.add([&](int i) { return a[i][k]; }, panel + k * N);
      T* const to = m.d_hidden + (r.first + first) * m.Hs + c;
      tile.for_each_row([=, stride = m.Hs](int i, Vector<T> l, Vector<T> r) {
        store(to + i * stride, l);
        store(to + i * stride + L, r);
      });
      through_activation(m, r.first + first, M, c, dot + first * L);
    });
  }
  for (std::int64_t i = 0; i < rows; ++i) m.d_weights[r.first + i] = sum<T>(load(dot + i * L));
  if (!m.d_rows) return;
  for (std::int64_t c = 0; c < D; c += N) {
    pack_rows(panel, m.w1 + (r.expert * D + c) * H, H, H, D - c);
    for_each_tile(rows, [&]<int M>(std::int64_t first) {
      const T* const a = m.d_hidden + (r.first + first) * m.Hs;
      Tile<T, M> tile;
      for (std::int64_t k = 0; k < H; ++k) tile.add([&](int i) { return a[i * m.Hs + k]; }, panel + k * N);
      T* const to = m.d_rows + (r.first + first) * m.Ds + c;
      tile.for_each_row([=, stride = m.Ds](int i, Vector<T> l, Vector<T> r) {
        store(to + i * stride, l);
        store(to + i * stride + L, r);
      });
    });
  }
}

template <class T>
void mlp_gradient(const MlpBackward<T>& m, const MlpGradientRows& r) {
  const std::int64_t D = m.D, H = m.H, begin = m.offsets[r.expert], n = m.offsets[r.expert + 1] - begin;
  if (r.second) {
    const T* const hidden = m.hidden + begin * m.Hs;
    const T* const d_out = m.d_out + begin * m.Ds;
    if (r.first == 0 && m.db2) sum_rows(m.db2 + r.expert * D, d_out, D, n, m.Ds);
    if (!m.dw2) return;
    outer_products(
        m.dw2 + r.expert * H * D, r.first, r.last, D, n, [&](std::int64_t k) { return hidden + k * m.Hs; }, d_out,
        m.Ds);
  } else {
    const std::int32_t* const tokens = m.tokens + begin;
    const T* const d_hidden = m.d_hidden + begin * m.Hs;
    if (r.first == 0 && m.db1) sum_rows(m.db1 + r.expert * H, d_hidden, H, n, m.Hs);
    if (!m.dw1) return;
    outer_products(
        m.dw1 + r.expert * D * H, r.first, r.last, H, n, [&](std::int64_t k) { return m.x + tokens[k] * D; }, d_hidden,
        m.Hs);
  }
}

template <class T>
void mlp_combine(const MlpCombine<T>& m, std::int64_t first, std::int64_t last) {
  for (std::int64_t t = first; t < last; ++t) {
    for (std::int64_t c = 0; c < m.D; c += lanes<T>) {
      Vector<T> total{};
      for (std::int32_t i = m.start[t]; i < m.start[t + 1]; ++i) total += load(m.from + m.order[i] * m.Ds + c);
      store_some(m.to + t * m.D + c, total, m.D - c);
    }
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
