#include "core/learn/adamw.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <map>

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

void AdamW::step(std::vector<at::Tensor>& gradients, const LearnParameters& parameters,
                 const std::vector<double>& rates) {
  const at::NoGradGuard no_grad;
  if (rates.empty()) {
    clip(gradients, parameters);
    steps.add_(1);
    move(weights_, gradients, mean, square, parameters, 1);
    return;
  }
  std::map<double, std::vector<std::size_t>> by_rate;  // weights by what their rate is multiplied by
  std::vector<at::Tensor> moving;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (rates[i] == 0) continue;
    by_rate[rates[i]].push_back(i);
    moving.push_back(gradients[i]);
  }
  clip(moving, parameters);
  steps.add_(1);
  for (const auto& [rate, some] : by_rate) {
    const auto of = [&](const std::vector<at::Tensor>& all) {
      std::vector<at::Tensor> part;
      for (const std::size_t i : some) part.push_back(all[i]);
      return part;
    };
    move(of(weights_), of(gradients), of(mean), of(square), parameters, rate);
  }
}

void AdamW::clip(const std::vector<at::Tensor>& gradients, const LearnParameters& parameters) {
  if (parameters.clip <= 0 || gradients.empty()) return;
  const at::Tensor norm = at::stack(at::_foreach_norm(gradients)).norm();
  at::_foreach_mul_(gradients, (parameters.clip / (norm + 1e-6)).clamp_max(1));
}

void AdamW::move(const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& gradients,
                 const std::vector<at::Tensor>& means, const std::vector<at::Tensor>& squares,
                 const LearnParameters& parameters, double rate) const {
  kernels::adamw(weights, gradients, means, squares,
                 {rate * parameters.rate, parameters.weight_decay, parameters.beta1, parameters.beta2, epsilon,
                  steps.item<std::int64_t>()});
}

void AdamW::forget(std::size_t weight) {
  mean[weight].zero_();
  square[weight].zero_();
}

}  // namespace tessera
