// The gate on as many rows at once as a vector has lanes: lane i holds row i, and an array of vectors an expert each,
// so that a row of eight experts fills its registers as well as one of eight hundred. Compiled for each instruction
// set.
#pragma once

#include "kernels/cpu/vector.h"
#include "kernels/gate/cpu.h"

namespace tessera::kernels::cpu {
namespace {

// column[e][lane] = from[lane][e], 0 in the lanes past `rows`.
template <class T>
TESSERA_INLINE void gather_rows(T* column, const T* from, std::int64_t rows, std::int64_t experts) {
  for (std::int64_t e = 0; e < experts; ++e) {
    for (std::int64_t lane = 0; lane < lanes<T>; ++lane) {
      column[e * lanes<T> + lane] = lane < rows ? from[lane * experts + e] : T(0);
    }
  }
}

template <class T>
TESSERA_INLINE void scatter_rows(T* to, const T* column, std::int64_t rows, std::int64_t experts) {
  for (std::int64_t lane = 0; lane < rows; ++lane) {
    for (std::int64_t e = 0; e < experts; ++e) to[lane * experts + e] = column[e * lanes<T> + lane];
  }
}

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
void sparse_scores(const GateForward<T>& g, const Vector<T>* z, Vector<T> top, Vector<T>* s, Vector<T>* sorted) {
  const T scale = g.score == Score::entmax15 ? T(0.5) : T(1);
  Mask<T> invalid{};
  for (std::int64_t e = 0; e < g.experts; ++e) {
    s[e] = sorted[e] = (z[e] - top) * scale;
    invalid |= s[e] != s[e];
  }
  sort_descending<T>(sorted, g.experts);
  const bool squared = g.score == Score::entmax15;
  const Vector<T> tau = squared ? entmax15_threshold<T>(sorted, g.experts) : sparsemax_threshold<T>(sorted, g.experts);
  const Vector<T> poison = invalid ? broadcast<T>(__builtin_nan("")) : Vector<T>{};
  for (std::int64_t e = 0; e < g.experts; ++e) {
    const Vector<T> p = larger(s[e] - tau, Vector<T>{});
    s[e] = (squared ? p * p : p) + poison;
  }
}

// chosen[e] = all bits where e is among the k largest of its lane; NaN counts as largest, ties go to the lower index.
template <class T>
void choose(const Vector<T>* key, Mask<T>* chosen, std::int64_t experts, std::int64_t k) {
  const bool all = k == experts;
  for (std::int64_t e = 0; e < experts; ++e) chosen[e] = all ? ~Mask<T>{} : Mask<T>{};
  if (all) return;
  for (std::int64_t pass = 0; pass < k; ++pass) {
    Vector<T> best{};
    Mask<T> index = Mask<T>{} - 1;
    for (std::int64_t e = 0; e < experts; ++e) {
      const Vector<T> candidate = key[e] != key[e] ? broadcast<T>(__builtin_inf()) : key[e];
      const Mask<T> better = ~chosen[e] & ((index < 0) | (candidate > best));
      best = better ? candidate : best;
      index = better ? Mask<T>{} + static_cast<int>(e) : index;
    }
    for (std::int64_t e = 0; e < experts; ++e) chosen[e] |= index == static_cast<int>(e);
  }
}

// What chosen softmax or sigmoid scores are in proportion to, with the largest at 1: it can't underflow.
template <class T>
TESSERA_INLINE Vector<T> relative_score(Score score, Vector<T> z, Vector<T> top) {
  if (score == Score::softmax) return exp_nonpositive(z - top);
  const Vector<T> ratio = (exp_nonpositive(-magnitude(top)) + T(1)) / (exp_nonpositive(-magnitude(z)) + T(1));
  return exp_nonpositive(smaller(z, Vector<T>{}) - smaller(top, Vector<T>{})) * ratio;
}

template <class T>
void gate_forward_lanes(const GateForward<T>& g, std::int64_t first, std::int64_t rows) {
  const std::int64_t E = g.experts, size = E * lanes<T>;
  const auto z = reinterpret_cast<Vector<T>*>(g.scratch), s = reinterpret_cast<Vector<T>*>(g.scratch + size),
             alpha = reinterpret_cast<Vector<T>*>(g.scratch + 2 * size),
             key = reinterpret_cast<Vector<T>*>(g.scratch + 3 * size);
  const auto chosen = reinterpret_cast<Mask<T>*>(g.scratch + 4 * size);
  gather_rows(g.scratch + 3 * size, g.logits + first * E, rows, E);

  Vector<T> top = key[0] / g.temperature;
  for (std::int64_t e = 0; e < E; ++e) {
    z[e] = key[e] / g.temperature;
    top = larger(z[e], top);
  }

  if (g.score == Score::softmax) {
    Vector<T> total{};
    for (std::int64_t e = 0; e < E; ++e) total += s[e] = exp_nonpositive(z[e] - top);
    for (std::int64_t e = 0; e < E; ++e) s[e] /= total;
  } else if (g.score == Score::sigmoid) {
    for (std::int64_t e = 0; e < E; ++e) s[e] = sigmoid<T>(z[e]);
  } else {
    sparse_scores<T>(g, z, top, s, alpha);
  }

  choose<T>(key, chosen, E, g.k);
  const bool relative = g.normalise && (g.score == Score::softmax || g.score == Score::sigmoid);
  Vector<T> total{};
  for (std::int64_t e = 0; e < E; ++e) {
    const Vector<T> weight = relative ? relative_score<T>(g.score, z[e], top) : s[e];
    alpha[e] = chosen[e] ? weight : Vector<T>{};
    total += alpha[e];
  }
  if (g.normalise) {  // not what isn't chosen: a NaN in the row makes the total NaN
    for (std::int64_t e = 0; e < E; ++e) alpha[e] = chosen[e] ? alpha[e] / total : alpha[e];
  }
  scatter_rows(g.scores + first * E, g.scratch + size, rows, E);
  scatter_rows(g.alpha + first * E, g.scratch + 2 * size, rows, E);
}

template <class T>
void gate_forward(const GateForward<T>& g) {
  for (std::int64_t first = 0; first < g.rows; first += lanes<T>) {
    gate_forward_lanes(g, first, g.rows - first < lanes<T> ? g.rows - first : lanes<T>);
  }
}

// Adds to ds what alpha's gradient says about the scores (for normalised softmax: about the logits, into dz).
template <class T>
void gate_backward_alpha(const GateBackward<T>& g, const Vector<T>* da, const Vector<T>* alpha, const Vector<T>* s,
                         Vector<T>* ds, Vector<T>* dz) {
  const std::int64_t E = g.experts;
  if (!g.normalise) {
    for (std::int64_t e = 0; e < E; ++e) ds[e] += alpha[e] != T(0) ? da[e] : Vector<T>{};
    return;
  }
  Vector<T> mean{}, chosen_sum{};
  for (std::int64_t e = 0; e < E; ++e) {
    mean += alpha[e] * da[e];
    chosen_sum += alpha[e] != T(0) ? s[e] : Vector<T>{};
  }
  for (std::int64_t e = 0; e < E; ++e) {
    const Vector<T> d = da[e] - mean;
    if (g.score == Score::softmax) {
      dz[e] += alpha[e] * d;
    } else if (g.score == Score::sigmoid) {
      dz[e] += alpha[e] * d * (T(1) - s[e]);
    } else {
      ds[e] += alpha[e] != T(0) ? d / chosen_sum : Vector<T>{};
    }
  }
}

// Adds the scores' Jacobian times ds to dz.
template <class T>
void gate_backward_scores(Score score, std::int64_t E, const Vector<T>* s, const Vector<T>* ds, Vector<T>* dz) {
  if (score == Score::sigmoid) {
    for (std::int64_t e = 0; e < E; ++e) dz[e] += ds[e] * s[e] * (T(1) - s[e]);
    return;
  }
  const auto slope = [score](Vector<T> p) {
    if (score == Score::softmax) return p;
    if (score == Score::entmax15) return square_root(p);
    return p > T(0) ? broadcast(T(1)) : p;  // p: zero, or NaN
  };
  Vector<T> mean{}, total{};
  for (std::int64_t e = 0; e < E; ++e) {
    const Vector<T> r = slope(s[e]);
    mean += r * ds[e];
    total += r;
  }
  if (score != Score::softmax) mean /= total;  // of a softmax it is 1
  for (std::int64_t e = 0; e < E; ++e) dz[e] += slope(s[e]) * (ds[e] - mean);
}

template <class T>
void gate_backward_lanes(const GateBackward<T>& g, std::int64_t first, std::int64_t rows) {
  const std::int64_t E = g.experts, size = E * lanes<T>;
  T* const at_s = g.scratch;
  T* const at_alpha = g.scratch + size;
  T* const at_da = g.scratch + 2 * size;
  T* const at_ds = g.scratch + 3 * size;
  T* const at_dz = g.scratch + 4 * size;
  const auto vectors = [](T* at) { return reinterpret_cast<Vector<T>*>(at); };
  gather_rows(at_s, g.scores + first * E, rows, E);
  for (std::int64_t e = 0; e < E; ++e) vectors(at_ds)[e] = vectors(at_dz)[e] = Vector<T>{};
  if (g.d_scores) gather_rows(at_ds, g.d_scores + first * E, rows, E);
  if (g.d_alpha) {
    gather_rows(at_alpha, g.alpha + first * E, rows, E);
    gather_rows(at_da, g.d_alpha + first * E, rows, E);
    gate_backward_alpha<T>(g, vectors(at_da), vectors(at_alpha), vectors(at_s), vectors(at_ds), vectors(at_dz));
  }
  gate_backward_scores<T>(g.score, E, vectors(at_s), vectors(at_ds), vectors(at_dz));
  for (std::int64_t e = 0; e < E; ++e) vectors(at_dz)[e] /= g.temperature;
  scatter_rows(g.d_logits + first * E, at_dz, rows, E);
}

template <class T>
void gate_backward(const GateBackward<T>& g) {
  for (std::int64_t first = 0; first < g.rows; first += lanes<T>) {
    gate_backward_lanes(g, first, g.rows - first < lanes<T> ? g.rows - first : lanes<T>);
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
