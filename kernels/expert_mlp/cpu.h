// What the CPU's expert_mlp hands to the code compiled for each instruction set.
//
// D is the width of x, H that of the hidden layer, C the assignments. Matrices of the operator's own have rows padded
// to a multiple of `padding` elements (Hs and Ds apart), so that they are read and written in whole vectors; what is in
// the padding is zero or multiplied by zero.
#pragma once

#include <cstdint>

#include "kernels/cpu/padding.h"
#include "kernels/expert_mlp/activation.h"

namespace tessera::kernels::cpu {

constexpr std::int64_t block_rows = 64;     // the most assignments in one MlpRows
constexpr std::int64_t gradient_rows = 64;  // the most rows in one MlpGradientRows

struct MlpRows {  // assignments first up to last of an expert
  std::int64_t expert, first, last;
};

struct MlpGradientRows {  // rows first up to last of the gradient of w1[expert] or w2[expert]; its bias with row 0
  std::int64_t expert, first, last;
  bool second;  // w2
};

template <class T>
struct MlpShape {
  const std::int32_t* tokens;
  const std::int32_t* offsets;
  const T* x;        // [T, D]
  const T* weights;  // [C]
  const T* w1;       // [E, D, H]
  const T* w2;       // [E, H, D]
  const T* b2;       // [E, D]
  std::int64_t D, H, Ds, Hs;
  Activation activation;
};

template <class T>
struct MlpForward : MlpShape<T> {
  const T* b1;  // [E, H]
  T* hidden;    // [C, Hs], after the activation
  T* slope;     // [C, Hs], the activation's derivative; null: not wanted
  T* out;       // [C, Ds], weighted
};

template <class T>
struct MlpBackward : MlpShape<T> {
  const T* hidden;
  const T* slope;  // null: hidden > 0
  const T* dy;     // [T, D]
  T* d_weights;    // [C]
  T* d_out;        // [C, Ds], dy times weight
  T* d_hidden;     // [C, Hs], with respect to what the activation is given
  T* d_rows;       // [C, Ds], with respect to x, for each assignment; null: not wanted
  T* dw1;          // the parameters' gradients; null: not wanted
  T* db1;
  T* dw2;
  T* db2;
};

// to[t] = sum of from[order[i]] over start[t] <= i < start[t + 1]
template <class T>
struct MlpCombine {
  const std::int32_t* start;
  const std::int32_t* order;
  const T* from;  // [C, Ds]
  T* to;          // [T, D]
  std::int64_t D, Ds;
};

// Elements of scratch for mlp_forward and mlp_backward: a packed panel, and a vector for each row.
constexpr std::int64_t mlp_scratch(std::int64_t D, std::int64_t H) {
  return padding * (D > H ? D : H) + block_rows * padding;
}

}  // namespace tessera::kernels::cpu
