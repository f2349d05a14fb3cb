#include "core/moe/expert_bank.h"

#include <torch/torch.h>

#include <cmath>

namespace tessera {
namespace {

kernels::Activation activation_named(const std::string& name) {
  if (name == "relu") return kernels::Activation::relu;
  if (name == "silu") return kernels::Activation::silu;
  TORCH_CHECK(name == "gelu", "no activation ", name);
  return kernels::Activation::gelu;
}

}  // namespace

ExpertBank::ExpertBank(int layer, std::int64_t width, const ExpertParameters& parameters, Initialiser& initialiser)
    : activation_(activation_named(parameters.activation)) {
  const std::string prefix = "layer" + std::to_string(layer) + ".experts.";
  const std::int64_t E = parameters.count, D = width, H = parameters.hidden;
  const double in = 1 / std::sqrt(static_cast<double>(D)), out = 1 / std::sqrt(static_cast<double>(H));
  w1_ = initialiser.add(prefix + "w1", Scope::experts, layer, {E, D, H}, in);
  b1_ = initialiser.add(prefix + "b1", Scope::experts, layer, {E, H}, in);
  w2_ = initialiser.add(prefix + "w2", Scope::experts, layer, {E, H, D}, out);
  b2_ = initialiser.add(prefix + "b2", Scope::experts, layer, {E, D}, out);
}

at::Tensor ExpertBank::forward(const at::Tensor& x, const Routing& routing) const {
  const auto& list = routing.assignments;
  return kernels::expert_mlp(x, list.tokens, list.weights, list.offsets, w1_, b1_, w2_, b2_, activation_);
}

}  // namespace tessera
