// Gram matrix of rows that lie wherever they are: the dot products of all pairs.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/cpu/instruction_sets.h"

namespace tessera::kernels {

// rows: tensors of one shape, dtype (float32 or float64) and device. Returns [rows, rows], float64 on the CPU. For rows
// on the CPU it is symmetric to the bit and doesn't depend on the number of threads; on a GPU it is a product in the
// rows' dtype.
at::Tensor gram(at::TensorList rows);

namespace cpu {
at::Tensor gram(const InstructionSet& set, at::TensorList rows);
}  // namespace cpu

}  // namespace tessera::kernels
