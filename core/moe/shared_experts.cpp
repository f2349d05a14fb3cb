#include "core/moe/shared_experts.h"

#include <ATen/ATen.h>

namespace tessera {

SharedExperts::SharedExperts(int layer, std::int64_t width, const ExpertParameters& parameters,
                             Initialiser& initialiser)
    : activation_(kernels::activation_named(parameters.activation)) {
  if (parameters.shared.count == 0) return;
  const std::string prefix = "layer" + std::to_string(layer) + ".shared.";
  const std::int64_t hidden = parameters.shared.count * parameters.shared.hidden;
  const double in = linear_bound(width), out = linear_bound(parameters.shared.hidden);
  w1_ = initialiser.add(prefix + "w1", Scope::experts, layer, {1, width, hidden}, in);
  b1_ = initialiser.add(prefix + "b1", Scope::experts, layer, {1, hidden}, in);
  w2_ = initialiser.add(prefix + "w2", Scope::experts, layer, {1, hidden, width}, out);
  b2_ = initialiser.add(prefix + "b2", Scope::experts, layer, {1, width}, out);
  if (parameters.shared.gate == "sigmoid") {
    gate_ = initialiser.add(prefix + "gate", Scope::experts, layer, {width, 1}, in);
  }
}

at::Tensor SharedExperts::forward(const at::Tensor& x) const {
  const std::int64_t tokens = x.size(0);
  const auto integers = x.options().dtype(at::kInt).requires_grad(false);
  const at::Tensor weights =
      gate_.defined() ? at::sigmoid(at::mm(x, gate_)).squeeze(1) : at::ones({tokens}, x.options().requires_grad(false));
  return kernels::expert_mlp(x, at::arange(tokens, integers), weights,
                             at::tensor({std::int64_t{0}, tokens}).to(integers), w1_, b1_, w2_, b2_, activation_);
}

}  // namespace tessera
