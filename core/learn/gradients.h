// Gradients of a loss.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace tessera {

// Parallel to the weights; zeros for one that the loss doesn't depend on (the router's, where the winner takes all).
// keep: another backward pass through the same graph is to come.
std::vector<at::Tensor> gradients_of(const at::Tensor& loss, const std::vector<at::Tensor>& weights, bool keep = false);

}  // namespace tessera
