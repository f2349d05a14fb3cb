// What the parts of block_sparse_mm share.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "kernels/block_sparse/op.h"

namespace tessera::kernels {

struct BlockSparseInputs {  // as kernels/block_sparse/op.h has them
  at::Tensor x, w;
  BlockPattern pattern;
  at::Tensor offsets;

  std::int64_t experts() const { return pattern.mask.size(0); }
  std::int64_t down() const { return pattern.mask.size(1); }
  std::int64_t across() const { return pattern.mask.size(2); }
};

using BlockSparseGradients = std::array<at::Tensor, 2>;  // x, w; undefined where not wanted
using BlockSparseWanted = std::array<bool, 2>;

// Throws c10::Error unless the inputs are as kernels/block_sparse/op.h asks; makes them contiguous.
BlockSparseInputs checked_block_sparse(const BlockSparseInputs& inputs);
// The same for dy, [T, out].
at::Tensor checked_block_sparse_gradient(const BlockSparseInputs& inputs, const at::Tensor& dy);

// A pattern as the dispatcher passes it: mask, rows, of_column, columns, of_row.
BlockPattern pattern_of(at::TensorList lists, std::int64_t block);

namespace cpu {

struct InstructionSet;

at::Tensor block_sparse_mm(const InstructionSet& set, const BlockSparseInputs& inputs);
BlockSparseGradients block_sparse_mm_backward(const InstructionSet& set, const at::Tensor& dy,
                                              const BlockSparseInputs& inputs, const BlockSparseWanted& wanted);

}  // namespace cpu
}  // namespace tessera::kernels
