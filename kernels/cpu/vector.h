// Vectors of the widest registers that the translation unit is compiled for, and the functions on them that operators
// need. Only for kernels/cpu/{baseline,avx2,avx512}.cpp: all is in an unnamed namespace, since each of them compiles it
// to other instructions; for the same reason nothing of the standard library is used that the linker could share.
#pragma once

#include <cstdint>

namespace tessera::kernels::cpu {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

#define TESSERA_INLINE inline __attribute__((always_inline))

template <class T>
struct VectorTypes;
template <>
struct VectorTypes<float> {
  typedef float Real __attribute__((vector_size(vector_bytes)));
  typedef float Unaligned __attribute__((vector_size(vector_bytes), aligned(4), may_alias));
  typedef std::int32_t Integer __attribute__((vector_size(vector_bytes)));
};
template <>
struct VectorTypes<double> {
  typedef double Real __attribute__((vector_size(vector_bytes)));
  typedef double Unaligned __attribute__((vector_size(vector_bytes), aligned(8), may_alias));
  typedef std::int64_t Integer __attribute__((vector_size(vector_bytes)));
};

template <class T>
using Vector = typename VectorTypes<T>::Real;
template <class T>
using Mask = typename VectorTypes<T>::Integer;  // all bits of a lane are set, or none
template <class T>
constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));

template <class T>
TESSERA_INLINE Vector<T> load(const T* from) {
  return *reinterpret_cast<const typename VectorTypes<T>::Unaligned*>(from);
}

template <class T>
TESSERA_INLINE void store(T* to, Vector<T> v) {
  *reinterpret_cast<typename VectorTypes<T>::Unaligned*>(to) = v;
}

template <class T>
TESSERA_INLINE Vector<T> broadcast(T value) {
  return value - Vector<T>{};  // minus zero keeps the sign of a zero, and NaN
}

template <class V>
TESSERA_INLINE V larger(V a, V b) {
  return a > b ? a : b;
}

template <class V>
TESSERA_INLINE V smaller(V a, V b) {
  return a < b ? a : b;
}

template <class V>
TESSERA_INLINE V magnitude(V x) {
  return larger(x, -x);
}

template <class M>
TESSERA_INLINE bool any(M mask) {
  typename VectorTypes<float>::Integer bits;
  static_assert(sizeof bits == sizeof mask);
  __builtin_memcpy(&bits, &mask, sizeof bits);
  std::int32_t all = 0;
  for (int i = 0; i < lanes<float>; ++i) all |= bits[i];
  return all != 0;
}

// All bits in the lanes below n.
template <class T>
TESSERA_INLINE Mask<T> first_lanes(std::int64_t n) {
  Mask<T> index;
  for (int i = 0; i < lanes<T>; ++i) index[i] = i;
  return index < static_cast<int>(n);
}

// Sum of the lanes, in an order that depends on their number only.
template <class T>
TESSERA_INLINE T sum(Vector<T> v) {
  T part[lanes<T>];
  store(part, v);
  for (int width = lanes<T> / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) part[i] += part[i + width];
  }
  return part[0];
}

TESSERA_INLINE Vector<float> square_root(Vector<float> x) {
  for (int i = 0; i < lanes<float>; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
}

TESSERA_INLINE Vector<double> square_root(Vector<double> x) {
  for (int i = 0; i < lanes<double>; ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
}

// e^x for x <= 0, within 2 units in the last place; 0 where it would be denormal, NaN for NaN. x = n ln 2 + r with
// |r| <= ln 2 / 2; e^r by its Taylor series up to r^7 (the rest is below 1e-9).
TESSERA_INLINE Vector<float> exp_nonpositive(Vector<float> x) {
  const Vector<float> shift =
      broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer, kept in the low bits
  const Vector<float> n = x * 1.44269504f + shift;
  const Vector<float> whole = n - shift;
  const Vector<float> r = x - whole * 0.693359375f - whole * -2.12194440e-4f;  // ln 2 in two parts
  Vector<float> p = r * (1.0f / 5040) + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const Mask<float> power = (Mask<float>(n) - Mask<float>(shift) + 127) << 23;  // the bits of 2^n
  return x < -87.33654f ? Vector<float>{} : p * Vector<float>(power);
}

TESSERA_INLINE Vector<double> exp_nonpositive(Vector<double> x) {
  for (int i = 0; i < lanes<double>; ++i) x[i] = __builtin_exp(x[i]);
  return x;
}

// ln x for normal x > 0, within 2 units in the last place of the larger of |ln x| and 1; finite for 0, NaN for NaN.
// x = 2^n m with m from sqrt(1/2) to sqrt(2); ln m = 2 artanh f, f = (m - 1) / (m + 1), by its series up to f^9.
TESSERA_INLINE Vector<float> log_positive(Vector<float> x) {
  const Mask<float> n = (Mask<float>(x) - 0x3f3504f3) >> 23;  // the bits of sqrt(1/2)
  const Vector<float> m = Vector<float>(Mask<float>(x) - (n << 23));
  const Vector<float> f = (m - 1.0f) / (m + 1.0f), square = f * f;
  Vector<float> p = square * (2.0f / 9) + 2.0f / 7;
  p = p * square + 2.0f / 5;
  p = p * square + 2.0f / 3;
  p = p * square + 2.0f;
  const Vector<float> whole = __builtin_convertvector(n, Vector<float>);
  return x != x ? x : whole * 0.693147181f + p * f;
}

TESSERA_INLINE Vector<double> log_positive(Vector<double> x) {
  for (int i = 0; i < lanes<double>; ++i) x[i] = __builtin_log(x[i] > 0 ? x[i] : x[i] - x[i] + 1e-300);
  return x;
}

// The normal distribution's Phi(x) and density phi(x). In float Phi(-|x|) = phi-like exponential times t P(t),
// t = 1 / (1 + 0.4 |x| / sqrt 2); P was fitted (minimax) to erfc(z) e^(z^2) / (2 t), relative error 6e-8.
TESSERA_INLINE void normal(Vector<float> x, Vector<float>& Phi, Vector<float>& phi) {
  const Vector<float> e = exp_nonpositive(x * x * -0.5f);
  const Vector<float> t = 1.0f / (magnitude(x) * 0.282842712f + 1.0f);
  Vector<float> p = t * 0.0201338149f + -0.0677358810f;
  p = p * t + 0.0369217888f;
  p = p * t + 0.0498639525f;
  p = p * t + 0.0357547384f;
  p = p * t + 0.0984812660f;
  p = p * t + 0.100479354f;
  p = p * t + 0.113287847f;
  p = p * t + 0.112813150f;
  const Vector<float> tail = p * t * e;
  Phi = x < 0.0f ? tail : 1.0f - tail;
  phi = e * 0.398942280f;
}

TESSERA_INLINE void normal(Vector<double> x, Vector<double>& Phi, Vector<double>& phi) {
  for (int i = 0; i < lanes<double>; ++i) {
    Phi[i] = 0.5 * __builtin_erfc(x[i] * -0.70710678118654752);
    phi[i] = 0.39894228040143268 * __builtin_exp(-0.5 * x[i] * x[i]);
  }
}

template <class T>
TESSERA_INLINE Vector<T> sigmoid(Vector<T> x) {
  const Vector<T> e = exp_nonpositive(-magnitude(x));
  return (x < T(0) ? e : broadcast(T(1))) / (e + T(1));
}

}  // namespace
}  // namespace tessera::kernels::cpu
