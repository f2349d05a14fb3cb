#include "core/learn/adamw.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "kernels/adamw/op.h"

namespace tessera {

constexpr double epsilon = 1e-8;

AdamW::AdamW(std::vector<at::Tensor> weights) : weights_(std::move(weights)) {
  steps = at::zeros({}, at::kLong);
  for (const at::Tensor& weight : weights_) {
    mean.push_back(at::zeros_like(weight).set_requires_grad(false));
    square.push_back(at::zeros_like(weight).set_requires_grad(false));
  }
}

void AdamW::step(std::vector<at::Tensor>& gradients, const LearnParameters& parameters) {
  const at::NoGradGuard no_grad;
  if (parameters.clip > 0) {
    const at::Tensor norm = at::stack(at::_foreach_norm(gradients)).norm();
    at::_foreach_mul_(gradients, (parameters.clip / (norm + 1e-6)).clamp_max(1));
  }
  steps.add_(1);
  kernels::adamw(weights_, gradients, mean, square,
                 {parameters.rate, parameters.weight_decay, parameters.beta1, parameters.beta2, epsilon,
                  steps.item<std::int64_t>()});
}

}  // namespace tessera
