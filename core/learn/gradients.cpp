#include "core/learn/gradients.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace tessera {

std::vector<at::Tensor> gradients_of(const at::Tensor& loss, const std::vector<at::Tensor>& weights, bool keep) {
  std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, weights, /*grad_outputs=*/{},
                                                            /*retain_graph=*/keep, /*create_graph=*/false,
                                                            /*allow_unused=*/true);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!gradients[i].defined()) gradients[i] = at::zeros_like(weights[i]);
  }
  return gradients;
}

}  // namespace tessera
