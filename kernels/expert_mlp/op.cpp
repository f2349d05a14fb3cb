// tessera::expert_mlp for the dispatcher: its schema, and the typed call.
#include "kernels/expert_mlp/op.h"

#include <torch/library.h>

namespace tessera::kernels {
namespace {

using at::Tensor;

const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "relu";
    case Activation::gelu:
      return "gelu";
    case Activation::silu:
      return "silu";
  }
  TORCH_CHECK(false, "expert_mlp: unknown activation");
}

Activation activation_named(std::string_view name) {
  for (const Activation activation : {Activation::relu, Activation::gelu, Activation::silu}) {
    if (name == name_of(activation)) return activation;
  }
  TORCH_CHECK(false, "expert_mlp: activation is one of relu, gelu, silu, not ", name);
}

void check(const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets, const Tensor& w1,
           const Tensor& b1, const Tensor& w2, const Tensor& b2) {
  TORCH_CHECK(x.dim() == 2, "expert_mlp: x is [tokens, width], not ", x.sizes());
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble,
              "expert_mlp: x is float32 or float64, not ", x.scalar_type());
  TORCH_CHECK(w1.dim() == 3 && w1.size(0) >= 1 && w1.size(1) == x.size(1), "expert_mlp: w1 is [experts, ", x.size(1),
              ", hidden], not ", w1.sizes());
  const std::int64_t E = w1.size(0), D = w1.size(1), H = w1.size(2);
  const auto shaped = [](const Tensor& t, at::IntArrayRef shape, const char* name) {
    TORCH_CHECK(t.sizes() == shape, "expert_mlp: ", name, " is ", shape, ", not ", t.sizes());
  };
  shaped(b1, {E, H}, "b1");
  shaped(w2, {E, H, D}, "w2");
  shaped(b2, {E, D}, "b2");
  shaped(tokens, {tokens.numel()}, "tokens");
  shaped(weights, {tokens.numel()}, "weights");
  shaped(offsets, {E + 1}, "offsets");
  for (const Tensor& t : {weights, w1, b1, w2, b2}) {
    TORCH_CHECK(t.scalar_type() == x.scalar_type(), "expert_mlp: weights and parameters have the dtype of x, ",
                x.scalar_type(), ", not ", t.scalar_type());
  }
  for (const Tensor& t : {tokens, offsets}) {
    TORCH_CHECK(t.scalar_type() == at::kInt, "expert_mlp: tokens and offsets are int32, not ", t.scalar_type());
  }
}

Tensor composite(const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets, const Tensor& w1,
                 const Tensor& b1, const Tensor& w2, const Tensor& b2, std::string_view activation) {
  check(x, tokens, weights, offsets, w1, b1, w2, b2);
  return reference::expert_mlp(x, tokens, weights, offsets, w1, b1, w2, b2, activation_named(activation));
}

}  // namespace

Tensor expert_mlp(const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets, const Tensor& w1,
                  const Tensor& b1, const Tensor& w2, const Tensor& b2, Activation activation) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("tessera::expert_mlp", "").typed<decltype(composite)>();
  return op.call(x, tokens, weights, offsets, w1, b1, w2, b2, name_of(activation));
}

TORCH_LIBRARY_FRAGMENT(tessera, m) {
  m.def(
      "expert_mlp(Tensor x, Tensor tokens, Tensor weights, Tensor offsets, Tensor w1, Tensor b1, Tensor w2, Tensor b2, "
      "str activation) -> Tensor");
}

TORCH_LIBRARY_IMPL(tessera, CompositeImplicitAutograd, m) { m.impl("expert_mlp", composite); }

}  // namespace tessera::kernels
