#include "core/moe/expert_bank.h"

#include <ATen/ATen.h>

namespace tessera {
ExpertBank::ExpertBank(int layer, std::int64_t width, const ExpertParameters& parameters, Initialiser& initialiser)
    : activation_(kernels::activation_named(parameters.activation)) {
  const std::string prefix = "layer" + std::to_string(layer) + ".experts.";
  const std::int64_t E = parameters.count, D = width, H = parameters.hidden;
  const double in = linear_bound(D), out = linear_bound(H);
  w1 = initialiser.add(prefix + "w1", Scope::experts, layer, {E, D, H}, in);
  b1 = initialiser.add(prefix + "b1", Scope::experts, layer, {E, H}, in);
  w2 = initialiser.add(prefix + "w2", Scope::experts, layer, {E, H, D}, out);
  b2 = initialiser.add(prefix + "b2", Scope::experts, layer, {E, D}, out);
}

kernels::MlpForwardOutput ExpertBank::forward(const at::Tensor& x, const Routing& routing) const {
  const auto& list = routing.assignments;
  return kernels::expert_mlp_forward(x, list.tokens, list.weights, list.offsets, w1, b1, w2, b2, activation_);
}

at::Tensor ExpertBank::apply(const at::Tensor& x, const kernels::Assignments& list) const {
  return kernels::expert_mlp(x, list.tokens, list.weights, list.offsets, w1, b1, w2, b2, activation_);
}

kernels::MlpBackwardOutput ExpertBank::backward(const at::Tensor& dy, const at::Tensor& x, const Routing& routing,
                                                const kernels::MlpForwardOutput& kept) const {
  const auto& list = routing.assignments;
  return kernels::expert_mlp_backward(dy, x, list.tokens, list.weights, list.offsets, w1, b1, w2, b2, kept.hidden,
                                      kept.slope, activation_);
}

}  // namespace tessera
