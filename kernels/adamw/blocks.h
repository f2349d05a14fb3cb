// AdamW for a span of elements. Compiled for each instruction set.
#pragma once

#include "kernels/adamw/cpu.h"
#include "kernels/cpu/products.h"

namespace tessera::kernels::cpu {
namespace {

template <class T>
void adamw(const AdamWStep& s, const AdamWSpan<T>& span) {
  const T decay = static_cast<T>(s.decay), beta1 = static_cast<T>(s.beta1), beta2 = static_cast<T>(s.beta2);
  const T rest1 = static_cast<T>(1 - s.beta1), rest2 = static_cast<T>(1 - s.beta2);
  const T rate = static_cast<T>(s.rate), root = static_cast<T>(1 / s.root), epsilon = static_cast<T>(s.epsilon);
  for (std::int64_t i = 0; i < span.size; i += lanes<T>) {
    const std::int64_t n = span.size - i;
    const Vector<T> g = load_some(span.gradient + i, n);
    const Vector<T> mean = load_some(span.mean + i, n) * beta1 + g * rest1;
    const Vector<T> square = load_some(span.square + i, n) * beta2 + g * g * rest2;
    const Vector<T> weight = load_some(span.weight + i, n) * decay;
    store_some(span.mean + i, mean, n);
    store_some(span.square + i, square, n);
    store_some(span.weight + i, weight - mean * rate / (square_root(square) * root + epsilon), n);
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
