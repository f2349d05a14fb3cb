// The parts of a gate's gradient, for as many rows as a vector has lanes. Compiled for each instruction set.
#pragma once

#include "kernels/cpu/vector.h"
#include "kernels/gate/row_scores.h"

namespace tessera::kernels::cpu {
namespace {

// Adds to da what the entropy's gradient says about alpha: sign(a) (-ln p - H) / size, p = |a| / size.
template <class T>
void add_entropy_gradient(std::int64_t experts, T factor, const Vector<T>* alpha, Vector<T>* da) {
  Vector<T> size{}, h{};
  for (std::int64_t e = 0; e < experts; ++e) size += magnitude(alpha[e]);
  for (std::int64_t e = 0; e < experts; ++e) {
    const Vector<T> p = magnitude(alpha[e]) / size;
    h -= alpha[e] != T(0) ? p * log_positive(p) : Vector<T>{};
  }
  for (std::int64_t e = 0; e < experts; ++e) {
    const Vector<T> slope = (-log_positive(magnitude(alpha[e]) / size) - h) / size * factor;
    da[e] += alpha[e] != T(0) ? (alpha[e] < T(0) ? -slope : slope) : Vector<T>{};
  }
}

// Adds to ds what the shares' gradient says about the scores: (g - sum of q g) / their sum, q = scores / their sum. For
// score none, s is softmax(z), and it is added to dz.
template <class T>
void add_share_gradient(Score score, std::int64_t experts, const T* d_share, const Vector<T>* s, Vector<T>* ds,
                        Vector<T>* dz) {
  Vector<T> mean{}, total{};
  for (std::int64_t e = 0; e < experts; ++e) {
    mean += s[e] * d_share[e];
    total += s[e];
  }
  if (score == Score::none) {
    for (std::int64_t e = 0; e < experts; ++e) dz[e] += s[e] * (d_share[e] - mean);
  } else if (sums_to_one(score)) {
    for (std::int64_t e = 0; e < experts; ++e) ds[e] += d_share[e] - mean;
  } else {
    const Vector<T> inverse = total != T(0) ? T(1) / total : Vector<T>{};
    mean *= inverse;
    for (std::int64_t e = 0; e < experts; ++e) ds[e] += (d_share[e] - mean) * inverse;
  }
}

// Adds to ds what alpha's gradient says about the scores (for normalised softmax and sigmoid: about z, into dz).
template <class T>
void add_through_alpha(const GateSpec& spec, std::int64_t experts, const Vector<T>* da, const Vector<T>* alpha,
                       const Vector<T>* s, Vector<T>* ds, Vector<T>* dz) {
  const T scale = static_cast<T>(spec.scale);
  if (spec.normalise == Normalise::none) {
    for (std::int64_t e = 0; e < experts; ++e) ds[e] += alpha[e] != T(0) ? da[e] * scale : Vector<T>{};
    return;
  }
  Vector<T> mean{};
  for (std::int64_t e = 0; e < experts; ++e) mean += alpha[e] / scale * da[e];  // of one expert exactly da
  if (spec.normalise == Normalise::softmax) {
    for (std::int64_t e = 0; e < experts; ++e) ds[e] += alpha[e] * (da[e] - mean);
  } else if (is_in_logarithms(spec)) {
    for (std::int64_t e = 0; e < experts; ++e) {
      const Vector<T> d = alpha[e] * (da[e] - mean);
      dz[e] += spec.score == Score::sigmoid ? d * (T(1) - s[e]) : d;
    }
  } else {
    const bool magnitudes = spec.normalise == Normalise::l1;
    Vector<T> divisor{};
    for (std::int64_t e = 0; e < experts; ++e) {
      divisor += alpha[e] != T(0) ? (magnitudes ? magnitude(s[e]) : s[e]) : Vector<T>{};
    }
    for (std::int64_t e = 0; e < experts; ++e) {
      const Vector<T> of_divisor = magnitudes && s[e] < T(0) ? -mean : mean;
      ds[e] += alpha[e] != T(0) ? (da[e] - of_divisor) / divisor * scale : Vector<T>{};
    }
  }
}

// Adds to d_logits that of the squares of logsumexp: 2 logsumexp softmax(logits). work: [experts].
template <class T>
void add_squares_gradient(std::int64_t experts, T factor, const Vector<T>* logits, Vector<T>* work,
                          Vector<T>* d_logits) {
  const Vector<T> top = largest<T>(experts, logits), total = exponentials<T>(experts, logits, top, work),
                  slope = (top + log_positive(total)) * (2 * factor) / total;
  for (std::int64_t e = 0; e < experts; ++e) d_logits[e] += work[e] * slope;
}

// Adds the scores' Jacobian times ds to dz.
template <class T>
void add_through_scores(Score score, std::int64_t experts, const Vector<T>* s, const Vector<T>* ds, Vector<T>* dz) {
  if (score == Score::sigmoid) {
    for (std::int64_t e = 0; e < experts; ++e) dz[e] += ds[e] * s[e] * (T(1) - s[e]);
  } else if (score == Score::relu) {
    for (std::int64_t e = 0; e < experts; ++e) dz[e] += s[e] == T(0) ? Vector<T>{} : ds[e];
  } else if (score == Score::none) {
    for (std::int64_t e = 0; e < experts; ++e) dz[e] += ds[e];
  } else {
    const auto slope = [score](Vector<T> p) {
      if (score == Score::softmax) return p;
      if (score == Score::entmax15) return square_root(p);
      return p > T(0) ? broadcast(T(1)) : p;  // p: zero, or NaN
    };
    Vector<T> mean{}, total{};
    for (std::int64_t e = 0; e < experts; ++e) {
      const Vector<T> r = slope(s[e]);
      mean += r * ds[e];
      total += r;
    }
    if (score != Score::softmax) mean /= total;  // of a softmax it is 1
    for (std::int64_t e = 0; e < experts; ++e) dz[e] += slope(s[e]) * (ds[e] - mean);
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
