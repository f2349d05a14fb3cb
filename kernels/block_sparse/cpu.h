// What the CPU's block_sparse_mm hands to the code compiled for each instruction set.
#pragma once

#include <cstdint>

#include "kernels/cpu/padding.h"

namespace tessera::kernels::cpu {

constexpr std::int64_t block_sparse_tokens = 128;  // the most in one BlockSparsePart
constexpr std::int64_t block_sparse_stripe = 32;   // the most blocks in one BlockSparseStripe
constexpr std::int64_t block_sparse_depth = 128;   // of what is packed at once, for a panel to stay in the nearest
                                                   // cache; but at least one block

// Tokens first up to last of y, in the columns of block column `to`: from the active blocks of that column, or of dx,
// in the columns of block row `to`, from the active blocks of that row.
struct BlockSparsePart {
  std::int64_t first, last, to;
  const std::int32_t* blocks;  // `count` block rows of w, or block columns
  std::int64_t count;
};

struct BlockSparseStripe {  // of dw: block row `row` from block column first up to last
  std::int64_t row, first, last;
};

template <class T>
struct BlockSparse {
  std::int64_t in, out, block;
  const T* x;             // [T, in]
  const T* w;             // [in, out]
  T* y = nullptr;         // [T, out]
  const T* dy = nullptr;  // [T, out]
  T* dx = nullptr;        // [T, in]
  T* dw = nullptr;        // [in, out]

  // For dw, as kernels/block_sparse/op.h has them:
  std::int64_t experts = 0;
  const std::int32_t* offsets = nullptr;
  const std::int32_t* columns = nullptr;
  const std::int32_t* of_row = nullptr;
};

// Elements of scratch: what is packed of w, for which a block of 256 needs twice the depth; or of x and of dy.
constexpr std::int64_t block_sparse_scratch(std::int64_t block) { return 2 * block_sparse_depth * padded(block); }

}  // namespace tessera::kernels::cpu
