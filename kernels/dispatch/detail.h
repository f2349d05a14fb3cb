// What the parts of dispatch share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <tuple>

namespace tessera::kernels {

using AssignmentLists = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;  // in the order of Assignments

// Throws c10::Error unless alpha is as kernels/dispatch/op.h asks; returns the capacity of the lists.
std::int64_t checked_dispatch(const at::Tensor& alpha, std::int64_t k);

}  // namespace tessera::kernels
