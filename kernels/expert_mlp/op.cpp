// tessera::expert_mlp for the dispatcher: its schema, its autograd, and the typed call.
#include "kernels/expert_mlp/op.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "kernels/expert_mlp/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;
using torch::autograd::variable_list;
using Plain = Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                     const Tensor&, const Tensor&, std::string_view);
using Forward = std::tuple<Tensor, Tensor, Tensor>(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                                   const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                                   std::string_view);
using Backward = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>(const Tensor&, const Tensor&, const Tensor&,
                                                                            const Tensor&, const Tensor&, const Tensor&,
                                                                            const Tensor&, const Tensor&, const Tensor&,
                                                                            const Tensor&, const Tensor&,
                                                                            std::string_view, MlpWanted);

const auto& plain_op() {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("tessera::expert_mlp", "").typed<Plain>();
  return op;
}

const auto& forward_op() {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("tessera::expert_mlp_forward", "").typed<Forward>();
  return op;
}

const auto& backward_op() {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("tessera::expert_mlp_backward", "").typed<Backward>();
  return op;
}

class ExpertMlp : public torch::autograd::Function<ExpertMlp> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& weights,
                        const Tensor& w1, const Tensor& b1, const Tensor& w2, const Tensor& b2, const Tensor& tokens,
                        const Tensor& offsets, std::string_view activation) {
    const at::AutoDispatchBelowADInplaceOrView below;
    auto [y, hidden, slope] = forward_op().call(x, tokens, weights, offsets, w1, b1, w2, b2, activation);
    context->save_for_backward({x, tokens, weights, offsets, w1, b1, w2, b2, hidden, slope});
    context->saved_data["activation"] = static_cast<std::int64_t>(activation_named(activation));
    return y;
  }

  static variable_list backward(torch::autograd::AutogradContext* context, variable_list gradients) {
    const auto s = context->get_saved_variables();
    MlpWanted wanted;
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = context->needs_input_grad(i);
    auto [dx, d_weights, dw1, db1, dw2, db2] =
        backward_op().call(gradients[0], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9],
                           name_of(static_cast<Activation>(context->saved_data["activation"].toInt())), wanted);
    return {dx, d_weights, dw1, db1, dw2, db2, Tensor(), Tensor(), Tensor()};
  }
};

Tensor autograd(const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets, const Tensor& w1,
                const Tensor& b1, const Tensor& w2, const Tensor& b2, std::string_view activation) {
  const bool differentiable =
      at::GradMode::is_enabled() && (x.requires_grad() || weights.requires_grad() || w1.requires_grad() ||
                                     b1.requires_grad() || w2.requires_grad() || b2.requires_grad());
  if (!differentiable) {
    const at::AutoDispatchBelowADInplaceOrView below;
    return plain_op().call(x, tokens, weights, offsets, w1, b1, w2, b2, activation);
  }
  return ExpertMlp::apply(x, weights, w1, b1, w2, b2, tokens, offsets, activation);
}

}  // namespace

Activation activation_named(std::string_view name) {
  const auto found = std::find(activation_names.begin(), activation_names.end(), name);
  TORCH_CHECK(found != activation_names.end(), "expert_mlp: activation is one of ", c10::Join(", ", activation_names),
              ", not ", name);
  return static_cast<Activation>(found - activation_names.begin());
}

MlpInputs checked_mlp(const MlpInputs& in) {
  const auto& [x, tokens, weights, offsets, w1, b1, w2, b2] = in;
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
  for (const Tensor* t : {&weights, &w1, &b1, &w2, &b2}) {
    TORCH_CHECK(t->scalar_type() == x.scalar_type(), "expert_mlp: weights and parameters have the dtype of x, ",
                x.scalar_type(), ", not ", t->scalar_type());
  }
  for (const Tensor* t : {&tokens, &offsets}) {
    TORCH_CHECK(t->scalar_type() == at::kInt, "expert_mlp: tokens and offsets are int32, not ", t->scalar_type());
  }
  return {x.contiguous(),  tokens.contiguous(), weights.contiguous(), offsets.contiguous(),
          w1.contiguous(), b1.contiguous(),     w2.contiguous(),      b2.contiguous()};
}

void check_mlp_backward(const MlpInputs& in, const Tensor& dy, const Tensor& hidden, const Tensor& slope,
                        Activation activation) {
  for (const Tensor* t : {&dy, &hidden, &slope}) {
    TORCH_CHECK(t->scalar_type() == in.x.scalar_type() && t->device() == in.x.device(),
                "expert_mlp_backward: dy, hidden and slope have the dtype and device of x");
  }
  TORCH_CHECK(dy.sizes() == in.x.sizes(), "expert_mlp_backward: dy is ", in.x.sizes(), ", not ", dy.sizes());
  TORCH_CHECK(hidden.dim() == 2 && hidden.size(1) >= in.w1.size(2) && hidden.is_contiguous() && slope.is_contiguous() &&
                  (activation == Activation::relu || slope.sizes() == hidden.sizes()),
              "expert_mlp_backward: hidden or slope is not its forward's");
}

Tensor expert_mlp(const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets, const Tensor& w1,
                  const Tensor& b1, const Tensor& w2, const Tensor& b2, Activation activation) {
  return plain_op().call(x, tokens, weights, offsets, w1, b1, w2, b2, name_of(activation));
}

MlpForwardOutput expert_mlp_forward(const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets,
                                    const Tensor& w1, const Tensor& b1, const Tensor& w2, const Tensor& b2,
                                    Activation activation) {
  auto [y, hidden, slope] = forward_op().call(x, tokens, weights, offsets, w1, b1, w2, b2, name_of(activation));
  return {std::move(y), std::move(hidden), std::move(slope)};
}

MlpBackwardOutput expert_mlp_backward(const Tensor& dy, const Tensor& x, const Tensor& tokens, const Tensor& weights,
                                      const Tensor& offsets, const Tensor& w1, const Tensor& b1, const Tensor& w2,
                                      const Tensor& b2, const Tensor& hidden, const Tensor& slope,
                                      Activation activation) {
  constexpr MlpWanted all{true, true, true, true, true, true};
  auto [dx, d_weights, dw1, db1, dw2, db2] =
      backward_op().call(dy, x, tokens, weights, offsets, w1, b1, w2, b2, hidden, slope, name_of(activation), all);
  return {std::move(dx), std::move(d_weights), std::move(dw1), std::move(db1), std::move(dw2), std::move(db2)};
}

TORCH_LIBRARY_FRAGMENT(tessera, m) {
  const std::string inputs =
      "Tensor x, Tensor tokens, Tensor weights, Tensor offsets, Tensor w1, Tensor b1, Tensor w2, Tensor b2";
  const auto define = [&](const std::string& schema) { m.def(schema.c_str()); };
  define("expert_mlp(" + inputs + ", str activation) -> Tensor");
  define("expert_mlp_forward(" + inputs + ", str activation) -> (Tensor y, Tensor hidden, Tensor slope)");
  define("expert_mlp_backward(Tensor dy, " + inputs +
         ", Tensor hidden, Tensor slope, str activation, bool[6] wanted) -> "
         "(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(tessera, Autograd, m) { m.impl("expert_mlp", autograd); }

}  // namespace tessera::kernels
