// What a gate sums over its rows, while they are in registers: as many rows at once as a vector has lanes. Compiled for
// each instruction set.
#pragma once

#include "kernels/cpu/vector.h"
#include "kernels/gate/cpu.h"
#include "kernels/gate/row_choice.h"

namespace tessera::kernels::cpu {
namespace {

// Each lane's sums, up to where add_up() writes those of all.
template <class T>
struct Totals {
  Mask<T>*load, *first;          // [experts], negative counts
  Vector<T>*importance, *share;  // [experts]
  Mask<T> weighted{}, scored{};  // negative counts
  Vector<T> entropy{}, squares{};

  Totals(T* memory, std::int64_t experts)
      : load(reinterpret_cast<Mask<T>*>(memory)),
        first(load + experts),
        importance(reinterpret_cast<Vector<T>*>(first + experts)),
        share(importance + experts) {
    for (std::int64_t e = 0; e < experts; ++e) {
      load[e] = first[e] = Mask<T>{};
      importance[e] = share[e] = Vector<T>{};
    }
  }

  void add_up(T* to, std::int64_t experts) const {
    const auto count = [](Mask<T> negative) { return sum<T>(__builtin_convertvector(-negative, Vector<T>)); };
    for (std::int64_t e = 0; e < experts; ++e) {
      to[e] = count(load[e]);
      to[experts + e] = sum<T>(importance[e]);
      to[2 * experts + e] = sum<T>(share[e]);
      to[3 * experts + e] = count(first[e]);
    }
    T* const sums = to + 4 * experts;
    sums[entropy_sum] = sum<T>(entropy);
    sums[weighted_rows] = count(weighted);
    sums[scored_rows] = count(scored);
    sums[squares_sum] = sum<T>(squares);
  }
};

// alpha / divisor x scale; and what is summed of it, in the lanes of `valid`. z, s: as alpha was made from.
template <class T>
void divide_and_add(const GateSpec& spec, std::int64_t experts, Vector<T> divisor, Mask<T> valid, const Vector<T>* z,
                    const Vector<T>* s, const Mask<T>* chosen, Vector<T>* alpha, Totals<T>& totals) {
  const T scale = static_cast<T>(spec.scale);
  const Vector<T> least = broadcast<T>(-__builtin_inf());
  const Mask<T> some = divisor != T(0);
  Vector<T> size{}, best = least;
  for (std::int64_t e = 0; e < experts; ++e) {  // not what isn't chosen: a NaN in the row makes the divisor NaN
    const Vector<T> a = (chosen[e] & some) ? alpha[e] / divisor * scale : Vector<T>{};
    const Mask<T> used = (a != T(0)) & valid;
    alpha[e] = a;
    size += magnitude(a);
    best = larger(used ? a : least, best);
    totals.load[e] += used;
    totals.importance[e] += used ? a : Vector<T>{};
  }

  const Mask<T> weighted = (size != T(0)) & valid;
  Mask<T> searching = weighted & (size == size);
  for (std::int64_t e = 0; e < experts; ++e) {
    const Mask<T> here = (alpha[e] == best) & searching;
    totals.first[e] += here;
    searching &= ~here;
  }

  // H of p = |alpha| / size. Where alpha is in proportion to e^value, ln p = value - top + ln (largest p).
  Vector<T> h{};
  if (spec.normalise == Normalise::softmax || spec.score == Score::softmax) {
    const Vector<T>* const value = spec.normalise == Normalise::softmax ? s : z;
    const Vector<T> top = largest_chosen<T>(experts, value, chosen);
    for (std::int64_t e = 0; e < experts; ++e) h += alpha[e] != T(0) ? alpha[e] * (top - value[e]) : Vector<T>{};
    h = h / size - log_positive(best / size);
  } else {
    for (std::int64_t e = 0; e < experts; ++e) {
      const Vector<T> a = magnitude(alpha[e]);
      h -= a != T(0) ? a * log_positive(a / size) : Vector<T>{};
    }
    h /= size;
  }
  totals.entropy += weighted ? h : Vector<T>{};
  totals.weighted += weighted;
}

// Sums of scores / their sum. For score none s is softmax(z).
template <class T>
void add_shares(Score score, std::int64_t experts, Mask<T> valid, const Vector<T>* s, Totals<T>& totals) {
  if (sums_to_one(score) || score == Score::none) {
    for (std::int64_t e = 0; e < experts; ++e) totals.share[e] += valid ? s[e] : Vector<T>{};
    totals.scored += valid;
    return;
  }
  Vector<T> total{};
  for (std::int64_t e = 0; e < experts; ++e) total += s[e];
  const Mask<T> scored = (total != T(0)) & valid;
  for (std::int64_t e = 0; e < experts; ++e) totals.share[e] += scored ? s[e] / total : Vector<T>{};
  totals.scored += scored;
}

}  // namespace
}  // namespace tessera::kernels::cpu
