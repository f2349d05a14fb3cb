// Operator tessera::dispatch: dense alpha to a flat list of assignments sorted by expert, which grouped kernels work
// on.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tessera::kernels {

// A token's share in an expert, as a flat list sorted by expert, then token. Entries of expert e are offsets[e] up to
// offsets[e + 1]; those from offsets[E] on are unused and hold zeros.
struct Assignments {
  at::Tensor tokens;   // int32 [C]
  at::Tensor experts;  // int32 [C]
  at::Tensor weights;  // [C], dtype of alpha; differentiable
  at::Tensor offsets;  // int32 [E + 1], starts at 0
};

// The entries of alpha that are not zero (NaN is one of them).
//
// alpha  [T, E], float32 or float64; T * E below 2^31.
// k      the most entries other than zero that a row of alpha may have; 0, or E and above, is any number. It only sets
//        the list's length, C = T * min(k, E) (T * E for k = 0), so that a GPU needs no answer from the device.
//
// weights are differentiable with respect to alpha: gradients go back to the entries they came from, zeros get none.
// Throws c10::Error on other dtypes and shapes and, on the CPU, when the entries don't fit; on CUDA those past C are
// left out, offsets included.
Assignments dispatch(const at::Tensor& alpha, std::int64_t k);

// Gradient with respect to alpha, [rows, E], without autograd, for a caller with a backward pass of its own (which
// excludes autograd's keys while it calls). d_weights: [C].
at::Tensor dispatch_backward(const at::Tensor& d_weights, const Assignments& assignments, std::int64_t rows);

namespace reference {
// The definition, in plain ATen calls; differentiable by their autograd.
Assignments dispatch(const at::Tensor& alpha, std::int64_t k);
}  // namespace reference

}  // namespace tessera::kernels
