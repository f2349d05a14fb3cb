#include "core/moe/lora_bank.h"

#include <ATen/ATen.h>

namespace tessera {

LoraBank::LoraBank(int layer, std::int64_t width, const ExpertParameters& parameters, Initialiser& initialiser)
    : activation_(kernels::activation_named(parameters.activation)) {
  const std::string prefix = "layer" + std::to_string(layer) + ".experts.";
  const std::int64_t E = parameters.count, D = width, H = parameters.hidden, r = parameters.lora_rank;
  const auto add = [&](const char* name, at::IntArrayRef shape, double bound) {
    return initialiser.add(prefix + name, Scope::experts, layer, shape, bound);
  };
  const double in = linear_bound(D), out = linear_bound(H);
  w1 = add("w1", {D, H}, in);
  b1 = add("b1", {H}, in);
  w2 = add("w2", {H, D}, out);
  b2 = add("b2", {D}, out);
  a1 = add("a1", {E, D, r}, in);
  low1 = add("low1", {E, r, H}, 0);
  a2 = add("a2", {E, H, r}, out);
  low2 = add("low2", {E, r, D}, 0);
}

at::Tensor LoraBank::apply(const at::Tensor& x, const kernels::Assignments& list) const {
  const auto of_each = [&](const at::Tensor& bias) { return bias.repeat({count(), 1}); };
  return kernels::expert_mlp(x, list.tokens, list.weights, list.offsets, w1 + at::bmm(a1, low1), of_each(b1),
                             w2 + at::bmm(a2, low2), of_each(b2), activation_);
}

}  // namespace tessera
