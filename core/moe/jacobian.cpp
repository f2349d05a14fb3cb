#include "core/moe/jacobian.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace tessera {

at::Tensor jacobian(const at::Tensor& output, const at::Tensor& logits) {
  std::vector<at::Tensor> rows;
  for (std::int64_t i = 0; i < output.size(1); ++i) {
    const at::Tensor one = output.select(1, i).sum();
    const auto gradient = one.requires_grad()
                              ? torch::autograd::grad({one}, {logits}, {}, true, false, /*allow_unused=*/true)[0]
                              : at::Tensor();
    rows.push_back(gradient.defined() ? gradient : at::zeros_like(logits));
  }
  return at::stack(rows, 1);
}

}  // namespace tessera
