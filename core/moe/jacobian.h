// How what a router makes of a token answers to each of its logits.
#pragma once

#include <ATen/core/Tensor.h>

namespace tessera {

// [T, E, E]: d output[t][i] / d logits[t][j]. output: [T, E], each row made of its own row of logits, [T, E], which
// requires a gradient. Zeros where it doesn't depend on them.
at::Tensor jacobian(const at::Tensor& output, const at::Tensor& logits);

}  // namespace tessera
