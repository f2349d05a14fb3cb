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
  std::map<double, std::vector<std::size_t>> by_rate;  // weights by what their rate is multiplied by
  std::vector<at::Tensor> moving;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const double rate = rates.empty() ? 1 : rates[i];
    if (rate == 0) continue;
    by_rate[rate].push_back(i);
    moving.push_back(gradients[i]);
  }
  if (parameters.clip > 0 && !moving.empty()) {
    const at::Tensor norm = at::stack(at::_foreach_norm(moving)).norm();
    at::_foreach_mul_(moving, (parameters.clip / (norm + 1e-6)).clamp_max(1));
  }
  steps.add_(1);
  for (const auto& [rate, some] : by_rate) {
    const auto of = [&](const std::vector<at::Tensor>& all) {
      std::vector<at::Tensor> part;
      for (const std::size_t i : some) part.push_back(all[i]);
      return part;
    };
    kernels::adamw(of(weights_), of(gradients), of(mean), of(square),
                   {rate * parameters.rate, parameters.weight_decay, parameters.beta1, parameters.beta2, epsilon,
                    steps.item<std::int64_t>()});
  }
}

void AdamW::forget(std::size_t weight) {
  mean[weight].zero_();
  square[weight].zero_();
}

}  // namespace tessera
