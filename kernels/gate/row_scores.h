// A gate's scores, for as many rows as a vector has lanes: lane i holds row i, and an array of
// vectors an expert each. Compiled for each instruction set.
#pragma once

#include "kernels/cpu/vector.h"
#include "kernels/gate/spec.h"

namespace tessera::kernels::cpu {
namespace {

// Sorts each lane, largest first: Batcher's odd-even merge sort, a fixed sequence of compare-exchanges for any length.
template <class T>
void sort_descending(Vector<T>* v, std::int64_t n) {
  for (std::int64_t p = 1; p < n; p *= 2) {
    for (std::int64_t k = p; k >= 1; k /= 2) {
      for (std::int64_t j = k % p; j + k < n; j += 2 * k) {
        for (std::int64_t i = j; i < j + k && i + k < n; ++i) {
          if (i / (2 * p) != (i + k) / (2 * p)) continue;
          const Vector<T> a = v[i], b = v[i + k];
          v[i] = larger(a, b);
          v[i + k] = smaller(a, b);
        }
      }
    }
  }
}

// The threshold of sparsemax from sorted z: (sum of the k largest - 1) / k for the largest k with 1 + k z_k > that sum.
template <class T>
Vector<T> sparsemax_threshold(const Vector<T>* sorted, std::int64_t experts) {
  Vector<T> total{}, tau{};
  for (std::int64_t j = 0; j < experts; ++j) {
    const T size = static_cast<T>(j + 1);
    total += sorted[j];
    const Mask<T> inside = sorted[j] * size + T(1) > total;
    if (!any(inside)) break;
    tau = inside ? (total - T(1)) / size : tau;
  }
  return tau;
}

// The threshold of entmax-1.5 from sorted z / 2: mean - sqrt((1 - sum of squared deviations) / k) of the k largest, for
// the largest k where it is at most the k-th.
template <class T>
Vector<T> entmax15_threshold(const Vector<T>* sorted, std::int64_t experts) {
  Vector<T> mean{}, deviations{}, tau{};
  for (std::int64_t j = 0; j < experts; ++j) {
    const T size = static_cast<T>(j + 1);
    const Vector<T> step = sorted[j] - mean;
    mean += step / size;
    deviations += step * (sorted[j] - mean);
    const Vector<T> candidate = mean - square_root(larger((T(1) - deviations) / size, Vector<T>{}));
    const Mask<T> inside = candidate <= sorted[j];
    if (!any(inside)) break;
    tau = inside ? candidate : tau;
  }
  return tau;
}

template <class T>
void sparse_scores(bool entmax15, std::int64_t experts, const Vector<T>* z, Vector<T> top, Vector<T>* s,
                   Vector<T>* sorted) {
  const T scale = entmax15 ? T(0.5) : T(1);
  Mask<T> invalid{};
  for (std::int64_t e = 0; e < experts; ++e) {
    s[e] = sorted[e] = (z[e] - top) * scale;
    invalid |= s[e] != s[e];
  }
  sort_descending<T>(sorted, experts);
  const Vector<T> tau = entmax15 ? entmax15_threshold<T>(sorted, experts) : sparsemax_threshold<T>(sorted, experts);
  const Vector<T> poison = invalid ? broadcast<T>(__builtin_nan("")) : Vector<T>{};
  for (std::int64_t e = 0; e < experts; ++e) {
    const Vector<T> p = larger(s[e] - tau, Vector<T>{});
    s[e] = (entmax15 ? p * p : p) + poison;
  }
}

template <class T>
TESSERA_INLINE Vector<T> largest(std::int64_t experts, const Vector<T>* z) {
  Vector<T> top = z[0];
  for (std::int64_t e = 1; e < experts; ++e) top = larger(z[e], top);
  return top;
}

// s = e^(z - top); returns their sum.
template <class T>
TESSERA_INLINE Vector<T> exponentials(std::int64_t experts, const Vector<T>* z, Vector<T> top, Vector<T>* s) {
  Vector<T> total{};
  for (std::int64_t e = 0; e < experts; ++e) total += s[e] = exp_nonpositive(z[e] - top);
  return total;
}

// s = softmax(z). top: the largest z. Returns the sum of e^(z - top).
template <class T>
Vector<T> softmax(std::int64_t experts, const Vector<T>* z, Vector<T> top, Vector<T>* s) {
  const Vector<T> total = exponentials<T>(experts, z, top, s);
  for (std::int64_t e = 0; e < experts; ++e) s[e] /= total;
  return total;
}

// s = score(z). top: the largest z. Returns, for softmax, the sum of e^(z - top).
template <class T>
Vector<T> scores_of(Score score, std::int64_t experts, const Vector<T>* z, Vector<T> top, Vector<T>* s,
                    Vector<T>* work) {
  switch (score) {
    case Score::softmax:
      return softmax<T>(experts, z, top, s);
    case Score::sigmoid:
      for (std::int64_t e = 0; e < experts; ++e) s[e] = sigmoid<T>(z[e]);
      break;
    case Score::sparsemax:
    case Score::entmax15:
      sparse_scores<T>(score == Score::entmax15, experts, z, top, s, work);
      break;
    case Score::relu:
      for (std::int64_t e = 0; e < experts; ++e) s[e] = z[e] < T(0) ? Vector<T>{} : z[e];  // NaN stays
      break;
    case Score::none:
      for (std::int64_t e = 0; e < experts; ++e) s[e] = z[e];
      break;
  }
  return Vector<T>{};
}

}  // namespace
}  // namespace tessera::kernels::cpu
