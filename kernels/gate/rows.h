// The gate on as many rows at once as a vector has lanes: lane i holds row i, and an array of vectors an expert each,
// so that a row of eight experts fills its registers as well as one of eight hundred. Compiled for each instruction
// set.
#pragma once

#include "kernels/cpu/transpose.h"
#include "kernels/cpu/vector.h"
#include "kernels/gate/cpu.h"
#include "kernels/gate/row_choice.h"
#include "kernels/gate/row_gradients.h"
#include "kernels/gate/row_scores.h"
#include "kernels/gate/row_totals.h"

namespace tessera::kernels::cpu {
namespace {

// Arrays of a vector for each expert, one after the other.
template <class T>
struct RowScratch {
  T* memory;
  std::int64_t experts;
  T* elements(std::int64_t i) const { return memory + i * experts * lanes<T>; }
  Vector<T>* operator[](std::int64_t i) const { return reinterpret_cast<Vector<T>*>(elements(i)); }
  Mask<T>* masks(std::int64_t i) const { return reinterpret_cast<Mask<T>*>(elements(i)); }
};

// What the selection goes by. `key` holds the logits.
template <class T>
void make_keys(const GateForward<T>& g, const Vector<T>* z, const Vector<T>* s, Vector<T>* key) {
  const Vector<T>* const by_scores = g.bias && g.spec.bias_to == BiasTo::logits ? z : s;
  const bool plain = !g.bias && g.spec.groups == 1;
  for (std::int64_t e = 0; e < g.experts; ++e) {
    key[e] = without_nan<T>(plain ? key[e] : g.bias ? by_scores[e] + g.bias[e] : by_scores[e]);
  }
}

template <class T>
void gate_forward_lanes(const GateForward<T>& g, std::int64_t first, std::int64_t rows, Totals<T>& totals) {
  const std::int64_t E = g.experts;
  const GateSpec& spec = g.spec;
  const RowScratch<T> scratch{g.scratch, E};
  Vector<T>*const key = scratch[0], *const z = scratch[1], *const s = scratch[2], *const alpha = scratch[3];
  Mask<T>* const chosen = scratch.masks(4);
  const Mask<T> valid = first_lanes<T>(rows);
  gather_rows(scratch.elements(0), g.logits + first * E, rows, E);

  const T temperature = static_cast<T>(spec.temperature);
  for (std::int64_t e = 0; e < E; ++e) z[e] = key[e] / temperature;
  const Vector<T> top = largest<T>(E, z);
  Vector<T> total = scores_of<T>(spec.score, E, z, top, s, alpha), most = top;
  if (spec.score != Score::softmax || temperature != T(1)) {  // else these are the logits' own
    most = largest<T>(E, key);
    total = exponentials<T>(E, key, most, alpha);
  }
  const Vector<T> logsumexp = most + log_positive(total);
  totals.squares += valid ? logsumexp * logsumexp : Vector<T>{};

  make_keys<T>(g, z, s, key);
  if (spec.groups_kept < spec.groups) keep_groups<T>(spec, E, key, scratch[5], alpha, chosen);
  choose<T>(key, E, spec.k, scratch[5], chosen);
  if (g.bias || spec.groups > 1 || spec.threshold > -__builtin_inf()) {  // otherwise no key is -infinity
    const T threshold = static_cast<T>(spec.threshold);
    for (std::int64_t e = 0; e < E; ++e) chosen[e] &= key[e] > threshold;
  }

  const Vector<T> divisor = weigh<T>(spec, E, z, s, chosen, alpha);
  divide_and_add<T>(spec, E, divisor, valid, z, s, chosen, alpha, totals);
  if (spec.score == Score::none) softmax<T>(E, z, top, key);
  add_shares<T>(spec.score, E, valid, spec.score == Score::none ? key : s, totals);
  scatter_rows(g.scores + first * E, scratch.elements(2), rows, E);
  scatter_rows(g.alpha + first * E, scratch.elements(3), rows, E);
}

template <class T>
void gate_forward(const GateForward<T>& g) {
  Totals<T> totals(g.scratch + 6 * g.experts * lanes<T>, g.experts);
  for (std::int64_t first = 0; first < g.rows; first += lanes<T>) {
    gate_forward_lanes(g, first, g.rows - first < lanes<T> ? g.rows - first : lanes<T>, totals);
  }
  totals.add_up(g.totals, g.experts);
}

template <class T>
void gate_backward_lanes(const GateBackward<T>& g, std::int64_t first, std::int64_t rows) {
  const std::int64_t E = g.experts;
  const GateSpec& spec = g.spec;
  const RowScratch<T> scratch{g.scratch, E};
  Vector<T>*const s = scratch[0], *const alpha = scratch[1], *const da = scratch[2], *const ds = scratch[3],
                  *const dz = scratch[4], *const work = scratch[5];
  const auto gather = [&](Vector<T>* to, const T* from) {
    if (from) return gather_rows(reinterpret_cast<T*>(to), from + first * E, rows, E);
    for (std::int64_t e = 0; e < E; ++e) to[e] = Vector<T>{};
  };
  const bool of_entropy = g.d_sums && g.d_sums[entropy_sum] != 0, of_squares = g.d_sums && g.d_sums[squares_sum] != 0,
             of_alpha = g.d_alpha || g.d_importance || of_entropy,
             of_scores = g.d_scores || g.d_share || (of_alpha && !is_in_logarithms(spec));
  gather(dz, nullptr);
  if (of_scores || spec.score == Score::sigmoid) gather(s, g.scores);
  if (of_scores) gather(ds, g.d_scores);
  if (of_alpha) {
    gather(alpha, g.alpha);
    gather(da, g.d_alpha);
    if (g.d_importance) {
      for (std::int64_t e = 0; e < E; ++e) da[e] += g.d_importance[e];
    }
    if (of_entropy) add_entropy_gradient<T>(E, g.d_sums[entropy_sum], alpha, da);
    add_through_alpha<T>(spec, E, da, alpha, s, ds, dz);
  }
  if (g.d_share) {
    const bool none = spec.score == Score::none;
    if (none) softmax<T>(E, s, largest<T>(E, s), work);
    add_share_gradient<T>(spec.score, E, g.d_share, none ? work : s, ds, dz);
  }
  if (of_scores) add_through_scores<T>(spec.score, E, s, ds, dz);
  const T temperature = static_cast<T>(spec.temperature);
  for (std::int64_t e = 0; e < E; ++e) dz[e] /= temperature;
  if (of_squares) {
    gather(s, g.logits);
    add_squares_gradient<T>(E, g.d_sums[squares_sum], s, work, dz);
  }
  scatter_rows(g.d_logits + first * E, reinterpret_cast<const T*>(dz), rows, E);
}

template <class T>
void gate_backward(const GateBackward<T>& g) {
  for (std::int64_t first = 0; first < g.rows; first += lanes<T>) {
    gate_backward_lanes(g, first, g.rows - first < lanes<T> ? g.rows - first : lanes<T>);
  }
}

}  // namespace
}  // namespace tessera::kernels::cpu
