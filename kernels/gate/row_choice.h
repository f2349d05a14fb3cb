// Which experts a gate chooses, and what they weigh, for as many rows as a vector has lanes. Compiled for each
// instruction set.
#pragma once

#include "kernels/cpu/vector.h"
#include "kernels/gate/cpu.h"
#include "kernels/gate/row_scores.h"

namespace tessera::kernels::cpu {
namespace {

// Into the sorted `best` [k], each of x in turn: what it pushes out goes on down.
template <class T, int n>
TESSERA_INLINE void insert(Vector<T>* best, std::int64_t k, const Vector<T>* x) {
  Vector<T> down[n];
  for (int i = 0; i < n; ++i) down[i] = x[i];
  for (std::int64_t j = 0; j < k; ++j) {
    Vector<T> kept = best[j];
    for (int i = 0; i < n; ++i) {
      const Vector<T> low = smaller(down[i], kept);
      kept = larger(down[i], kept);
      down[i] = low;
    }
    best[j] = kept;
  }
}

// chosen[e] = all bits where key[e] is among the k largest of its lane; ties go to the lower index. best: [k].
template <class T>
void choose(const Vector<T>* key, std::int64_t n, std::int64_t k, Vector<T>* best, Mask<T>* chosen) {
  if (k == n) {
    for (std::int64_t e = 0; e < n; ++e) chosen[e] = ~Mask<T>{};
    return;
  }
  for (std::int64_t j = 0; j < k; ++j) best[j] = broadcast<T>(-__builtin_inf());
  std::int64_t e = 0;
  for (; e + 4 <= n; e += 4) insert<T, 4>(best, k, key + e);
  for (; e < n; ++e) insert<T, 1>(best, k, key + e);
  const Vector<T> last = best[k - 1];
  Mask<T> room{};  // for keys that equal the last
  for (std::int64_t j = 0; j < k; ++j) room -= best[j] == last;
  for (e = 0; e < n; ++e) {
    const Mask<T> equal = (key[e] == last) & (room > 0);
    room += equal;
    chosen[e] = (key[e] > last) | equal;
  }
}

// NaN counts as the largest.
template <class T>
TESSERA_INLINE Vector<T> without_nan(Vector<T> x) {
  return x != x ? broadcast<T>(__builtin_inf()) : x;
}

// Ranks groups and masks the keys of those that aren't kept. rank, best: [groups]; kept: [groups].
template <class T>
void keep_groups(const GateSpec& spec, std::int64_t experts, Vector<T>* key, Vector<T>* rank, Vector<T>* best,
                 Mask<T>* kept) {
  const std::int64_t size = experts / spec.groups;
  for (std::int64_t g = 0; g < spec.groups; ++g) {
    const Vector<T>* const of_group = key + g * size;
    Vector<T> first = of_group[0], second = broadcast<T>(-__builtin_inf()), total = of_group[0];
    for (std::int64_t i = 1; i < size; ++i) {
      second = larger(smaller(of_group[i], first), second);
      first = larger(of_group[i], first);
      total += of_group[i];
    }
    const bool two = spec.group_rank == GroupRank::top2_sum && size > 1;
    rank[g] = without_nan<T>(spec.group_rank == GroupRank::sum ? total : two ? first + second : first);
  }
  choose<T>(rank, spec.groups, spec.groups_kept, best, kept);
  const Vector<T> masked = spec.group_mask == GroupMask::zero ? Vector<T>{} : broadcast<T>(-__builtin_inf());
  for (std::int64_t e = 0; e < experts; ++e) key[e] = kept[e / size] ? key[e] : masked;
}

// What chosen softmax or sigmoid scores are in proportion to; 1 where z is top.
template <class T>
TESSERA_INLINE Vector<T> relative_score(Score score, Vector<T> z, Vector<T> top) {
  if (score == Score::softmax) return exp_nonpositive(z - top);
  const Vector<T> ratio = (exp_nonpositive(-magnitude(top)) + T(1)) / (exp_nonpositive(-magnitude(z)) + T(1));
  return exp_nonpositive(smaller(z, Vector<T>{}) - smaller(top, Vector<T>{})) * ratio;
}

// In each lane; -infinity where none is chosen.
template <class T>
TESSERA_INLINE Vector<T> largest_chosen(std::int64_t experts, const Vector<T>* value, const Mask<T>* chosen) {
  const Vector<T> least = broadcast<T>(-__builtin_inf());
  Vector<T> top = least;
  for (std::int64_t e = 0; e < experts; ++e) top = larger(chosen[e] ? value[e] : least, top);
  return top;
}

// alpha = the chosen scores, or what they are in proportion to, and 0 for the others. Returns their divisor.
template <class T>
Vector<T> weigh(const GateSpec& spec, std::int64_t experts, const Vector<T>* z, const Vector<T>* s,
                const Mask<T>* chosen, Vector<T>* alpha) {
  Vector<T> total{};
  if (spec.normalise == Normalise::softmax) {
    const Vector<T> top = largest_chosen<T>(experts, s, chosen);
    for (std::int64_t e = 0; e < experts; ++e) {
      alpha[e] = chosen[e] ? exp_nonpositive(s[e] - top) : Vector<T>{};
      total += alpha[e];
    }
    return total;
  }
  const bool magnitudes = spec.normalise == Normalise::l1;
  for (std::int64_t e = 0; e < experts; ++e) {
    alpha[e] = chosen[e] ? s[e] : Vector<T>{};
    total += magnitudes ? magnitude(alpha[e]) : alpha[e];
  }
  if (spec.normalise == Normalise::none) return broadcast(T(1));
  const Mask<T> faint = total < T(1e-15);  // these may have underflown: in logarithms, then
  if (!is_in_logarithms(spec) || !any(faint)) return total;
  const Vector<T> top = largest_chosen<T>(experts, z, chosen);
  Vector<T> sum{};
  for (std::int64_t e = 0; e < experts; ++e) {
    const Vector<T> weight = relative_score<T>(spec.score, z[e], top);
    alpha[e] = faint ? (chosen[e] ? weight : Vector<T>{}) : alpha[e];
    sum += alpha[e];
  }
  return faint ? sum : total;
}

}  // namespace
}  // namespace tessera::kernels::cpu
