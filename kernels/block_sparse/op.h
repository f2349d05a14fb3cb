// Operator tessera::block_sparse_mm: products with one matrix, of which each expert uses some blocks.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tessera::kernels {

// The active blocks of a [in, out] matrix for each of E experts, and the same as lists, which are what the operator
// goes through. I = in / block and J = out / block count the blocks down and across; of_column is int32 [E * J + 1],
// of_row int32 [E * I + 1].
struct BlockPattern {
  std::int64_t block;  // edge of a block
  at::Tensor mask;     // bool [E, I, J]: the block is active; the lists must say the same
  // In column j for expert e: rows[of_column[e * J + j]] up to rows[of_column[e * J + j + 1]], ascending.
  at::Tensor rows, of_column;
  // In row i for expert e: columns[of_row[e * I + i]] up to columns[of_row[e * I + i + 1]], ascending.
  at::Tensor columns, of_row;
};

// mask: bool [E, I, J], or [I, J] for one expert; block: a multiple of 8 from 8 to 256. The pattern is on the mask's
// device. Throws c10::Error on anything else.
BlockPattern block_pattern(const at::Tensor& mask, std::int64_t block);

// y[t] = x[t] (w o M[e]) for expert e's tokens offsets[e] <= t < offsets[e + 1], where M[e] repeats each element of
// mask[e] over its block; 0 for tokens past the last offset. [T, out].
//
// x        [T, in], float32 or float64
// w        [in, out], dtype of x; block divides in and out
// offsets  int32 [E + 1], ascending from 0 to at most T; may be undefined for one expert, which then has all tokens
//
// Work is done for active blocks only, beside writing the zeros of the results; the others are not read. Differentiable
// once, with respect to x and w: dx = dy (w o M[e])^T, dw = the sum over experts of (x^T dy) o M[e], [in, out]. On the
// CPU results don't depend on the number of threads. Throws c10::Error on other dtypes and shapes. Offsets, rows and
// columns out of range are an error on the CPU, undefined on CUDA,
// which takes matrices of up to 500,000 columns.
at::Tensor block_sparse_mm(const at::Tensor& x, const at::Tensor& w, const BlockPattern& pattern,
                           const at::Tensor& offsets = {});

namespace reference {
// The definition, in plain ATen calls: a dense product with the masked matrix for each expert. mask as for
// block_pattern; differentiable by autograd.
at::Tensor block_sparse_mm(const at::Tensor& x, const at::Tensor& w, const at::Tensor& mask, std::int64_t block,
                           const at::Tensor& offsets = {});
}  // namespace reference

}  // namespace tessera::kernels
