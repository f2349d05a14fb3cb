// What the CPU's gate hands to the code compiled for each instruction set. Pointers to row-major [rows, experts].
#pragma once

#include <cstdint>

#include "kernels/gate/score.h"

namespace tessera::kernels::cpu {

template <class T>
struct GateForward {
  const T* logits;
  T* alpha;
  T* scores;
  std::int64_t rows, experts, k;  // 1 <= k <= experts
  T temperature;
  Score score;
  bool normalise;
  T* scratch;  // gate_scratch(experts) elements
};

template <class T>
struct GateBackward {
  const T* d_alpha;   // null: no gradient
  const T* d_scores;  // null: no gradient
  const T* alpha;
  const T* scores;
  T* d_logits;
  std::int64_t rows, experts;
  T temperature;
  Score score;
  bool normalise;
  T* scratch;  // gate_scratch(experts) elements
};

// Both work on as many rows at once as the widest vector has lanes (16), with up to five values for each expert.
constexpr std::int64_t gate_scratch(std::int64_t experts) { return 5 * 16 * experts; }

}  // namespace tessera::kernels::cpu
