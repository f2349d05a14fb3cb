// tessera::linear: y = x w + b, for the layers around the experts.
//
// A product of this size (128 x 784 x 64) is little work for a BLAS, and its threads, which begin and end together,
// cost more than they bring wherever the machine does anything else.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/cpu/instruction_sets.h"

namespace tessera::kernels {

// x: [rows, in], w: [in, out], b: [out], of one dtype, float32 or float64; y: [rows, out]. Differentiable, once. The
// result doesn't depend on the number of threads. On a GPU this is at::addmm.
at::Tensor linear(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b);

// The two passes on the CPU, with a given instruction set and without autograd.
namespace cpu {
at::Tensor linear(const InstructionSet& set, const at::Tensor& x, const at::Tensor& w, const at::Tensor& b);
struct LinearGradients {
  at::Tensor x, w, b;  // x: undefined unless wanted
};
LinearGradients linear_backward(const InstructionSet& set, const at::Tensor& dy, const at::Tensor& x,
                                const at::Tensor& w, bool want_x);
}  // namespace cpu

}  // namespace tessera::kernels
