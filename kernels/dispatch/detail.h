// What the parts of dispatch share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <tuple>

namespace tessera::kernels {

using AssignmentLists = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;  // in the order of Assignments

// Throws c10::Error unless alpha is as kernels/dispatch/op.h asks; returns the capacity of the lists.
std::int64_t checked_dispatch(const at::Tensor& alpha, std::int64_t k);

// The same for the backward half: shapes and dtypes. That tokens and experts are in range is for the device to check,
// where that costs nothing.
void checked_dispatch_backward(const at::Tensor& d_weights, const at::Tensor& tokens, const at::Tensor& experts,
                               const at::Tensor& offsets, std::int64_t rows);

}  // namespace tessera::kernels
