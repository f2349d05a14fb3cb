// tessera::gate for the dispatcher: its schema, its autograd, and the typed call.
#include "kernels/gate/op.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "kernels/gate/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;
using Tensors = std::tuple<Tensor, Tensor>;
using Forward = Tensors(const Tensor&, double, std::string_view, std::int64_t, bool);
using Backward = Tensor(const std::optional<Tensor>&, const std::optional<Tensor>&, const Tensor&, const Tensor&,
                        double, std::string_view, bool);

const auto& forward_op() {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("tessera::gate", "").typed<Forward>();
  return op;
}

const auto& backward_op() {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("tessera::gate_backward", "").typed<Backward>();
  return op;
}

void check_matrix(const Tensor& t, const char* name) {
  TORCH_CHECK(t.dim() == 2 && t.size(1) >= 1, "gate: ", name, " are [tokens, experts], not ", t.sizes());
  TORCH_CHECK(t.scalar_type() == at::kFloat || t.scalar_type() == at::kDouble, "gate: ", name,
              " are float32 or float64, not ", t.scalar_type());
}

void check_temperature(double temperature) {
  TORCH_CHECK(temperature > 0 && std::isfinite(temperature), "gate: the temperature is above 0 and finite, not ",
              temperature);
}

class Gate : public torch::autograd::Function<Gate> {
 public:
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const Tensor& logits,
                                                double temperature, std::string_view score, std::int64_t k,
                                                bool normalise) {
    const at::AutoDispatchBelowADInplaceOrView below;
    auto [alpha, scores] = forward_op().call(logits, temperature, score, k, normalise);
    context->set_materialize_grads(false);
    context->save_for_backward({alpha, scores});
    context->saved_data["temperature"] = temperature;
    context->saved_data["score"] = static_cast<std::int64_t>(score_named(score));
    context->saved_data["normalise"] = normalise;
    return {alpha, scores};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto optional = [](const Tensor& t) { return t.defined() ? std::optional(t) : std::nullopt; };
    if (!gradients[0].defined() && !gradients[1].defined()) return {Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
    const auto saved = context->get_saved_variables();
    auto& data = context->saved_data;
    return {backward_op().call(optional(gradients[0]), optional(gradients[1]), saved[0], saved[1],
                               data["temperature"].toDouble(), name_of(static_cast<Score>(data["score"].toInt())),
                               data["normalise"].toBool()),
            Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

Tensors autograd(const Tensor& logits, double temperature, std::string_view score, std::int64_t k, bool normalise) {
  if (!at::GradMode::is_enabled() || !logits.requires_grad()) {
    const at::AutoDispatchBelowADInplaceOrView below;
    return forward_op().call(logits, temperature, score, k, normalise);
  }
  auto out = Gate::apply(logits, temperature, score, k, normalise);
  return {std::move(out[0]), std::move(out[1])};
}

}  // namespace

Score score_named(std::string_view name) {
  const auto found = std::find(score_names.begin(), score_names.end(), name);
  TORCH_CHECK(found != score_names.end(), "gate: score is one of ", c10::Join(", ", score_names), ", not ", name);
  return static_cast<Score>(found - score_names.begin());
}

GateArguments checked_gate(const Tensor& logits, double temperature, std::string_view score, std::int64_t k,
                           bool normalise) {
  check_matrix(logits, "logits");
  check_temperature(temperature);
  const std::int64_t experts = logits.size(1);
  return {temperature, score_named(score), k <= 0 || k > experts ? experts : k, normalise};
}

GateArguments checked_gate_backward(const std::optional<Tensor>& d_alpha, const std::optional<Tensor>& d_scores,
                                    const Tensor& alpha, const Tensor& scores, double temperature,
                                    std::string_view score, bool normalise) {
  check_matrix(alpha, "weights");
  check_temperature(temperature);
  const auto alike = [&](const Tensor& t) {
    TORCH_CHECK(t.sizes() == alpha.sizes() && t.scalar_type() == alpha.scalar_type(),
                "gate_backward: tensors of different shapes or dtypes");
  };
  alike(scores);
  if (d_alpha) alike(*d_alpha);
  if (d_scores) alike(*d_scores);
  return {temperature, score_named(score), alpha.size(1), normalise};
}

Tensors gate(const Tensor& logits, double temperature, Score score, std::int64_t k, bool normalise) {
  return forward_op().call(logits, temperature, name_of(score), k, normalise);
}

Tensor gate_backward(const Tensor& d_alpha, const Tensor& d_scores, const Tensor& alpha, const Tensor& scores,
                     double temperature, Score score, bool normalise) {
  const auto optional = [](const Tensor& t) { return t.defined() ? std::optional(t) : std::nullopt; };
  return backward_op().call(optional(d_alpha), optional(d_scores), alpha, scores, temperature, name_of(score),
                            normalise);
}

TORCH_LIBRARY_FRAGMENT(tessera, m) {
  m.def("gate(Tensor logits, float temperature, str score, int k, bool normalise) -> (Tensor alpha, Tensor scores)");
  m.def(
      "gate_backward(Tensor? d_alpha, Tensor? d_scores, Tensor alpha, Tensor scores, float temperature, str score, "
      "bool normalise) -> Tensor");
}

TORCH_LIBRARY_IMPL(tessera, Autograd, m) { m.impl("gate", autograd); }

}  // namespace tessera::kernels
