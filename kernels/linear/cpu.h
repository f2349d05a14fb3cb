// What the CPU's linear hands to the code compiled for each instruction set.
#pragma once

#include <cstdint>

#include "kernels/cpu/padding.h"

namespace tessera::kernels::cpu {

constexpr std::int64_t linear_rows = 64;  // the most rows in one LinearPart, or of w in one linear_gradient

struct LinearPart {  // rows first up to last of the result, in the tile's columns that start at `column`
  std::int64_t first, last, column;
};

template <class T>
struct Linear {
  std::int64_t rows, in, out;
  const T* x;  // [rows, in]
  const T* w;  // [in, out]
  const T* b;  // [out]
  T* y;        // [rows, out]

  const T* dy = nullptr;         // [rows, out]
  const T* padded_dy = nullptr;  // dy with rows of padded(out) elements, zero past out
  T* dx = nullptr;               // the gradients, shaped as x, w and b; db is written with row 0 of dw
  T* dw = nullptr;
  T* db = nullptr;
};

// Elements of scratch for linear_forward and linear_input_gradient: a packed panel.
constexpr std::int64_t linear_scratch(std::int64_t in, std::int64_t out) { return padding * (in > out ? in : out); }

}  // namespace tessera::kernels::cpu
