// What the CPU's gate hands to the code compiled for each instruction set. Pointers to row-major [rows, experts].
#pragma once

#include <cstdint>

#include "kernels/gate/spec.h"

namespace tessera::kernels::cpu {

template <class T>
struct GateForward {
  const T* logits;
  const T* bias;  // [experts]; null: none
  T* alpha;
  T* scores;
  T* totals;  // [gate_totals(experts)]: of these rows, load, importance, share and first [experts] each, then sums
              // [gate_sums]
  std::int64_t rows, experts;
  const GateSpec& spec;  // 1 <= k <= experts
  T* scratch;            // gate_scratch(experts) elements
};

template <class T>
struct GateBackward {
  const T* d_alpha;  // those that are null: no gradient
  const T* d_scores;
  const T* d_importance;  // [experts]
  const T* d_share;       // [experts]
  const T* d_sums;        // [gate_sums]
  const T* logits;
  const T* alpha;
  const T* scores;
  T* d_logits;
  std::int64_t rows, experts;
  const GateSpec& spec;
  T* scratch;  // gate_scratch(experts) elements
};

constexpr std::int64_t gate_totals(std::int64_t experts) { return 4 * experts + gate_sums; }

// Both work on as many rows at once as the widest vector has lanes (16), with up to ten values for each expert.
constexpr std::int64_t gate_scratch(std::int64_t experts) { return 10 * 16 * experts; }

}  // namespace tessera::kernels::cpu
