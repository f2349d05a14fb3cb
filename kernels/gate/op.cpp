// tessera::gate for the dispatcher: its schema, its autograd, and the typed call.
#include "kernels/gate/op.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "kernels/gate/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

GateOutput unused(const Tensor&, const GateSpec&, const Tensor&) { return {}; }
Tensor unused_backward(const GateGradients&, const Tensor&, const GateOutput&, const GateSpec&) { return {}; }
using Forward = decltype(gate_registered<unused>);
using Backward = decltype(gate_backward_registered<unused_backward>);

GateOutput call(const Tensor& logits, const GateSpec& s, const Tensor& bias) {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("tessera::gate", "").typed<Forward>();
  return output_of(op.call(logits, s.temperature, name_of(s.score), s.k, name_of(s.normalise), s.threshold, s.groups,
                           s.groups_kept, name_of(s.group_rank), name_of(s.group_mask),
                           bias.defined() ? OptionalTensor(bias) : std::nullopt, name_of(s.bias_to), s.scale));
}

Tensor call_backward(const GateGradients& d, const Tensor& logits, const Tensor& alpha, const Tensor& scores,
                     const GateSpec& s) {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("tessera::gate_backward", "").typed<Backward>();
  const auto optional = [](const Tensor& t) { return t.defined() ? OptionalTensor(t) : std::nullopt; };
  return op.call(optional(d.alpha), optional(d.scores), optional(d.importance), optional(d.share), optional(d.sums),
                 logits, alpha, scores, s.temperature, name_of(s.score), name_of(s.normalise), s.scale);
}

class Gate : public torch::autograd::Function<Gate> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& logits, const GateSpec& spec,
                               const OptionalTensor& bias) {
    const at::AutoDispatchBelowADInplaceOrView below;
    GateOutput out = call(logits, spec, bias.value_or(Tensor()));
    context->set_materialize_grads(false);
    context->mark_non_differentiable({out.load, out.first});
    context->save_for_backward({logits, out.alpha, out.scores});
    auto& data = context->saved_data;
    data["temperature"] = spec.temperature;
    data["score"] = static_cast<std::int64_t>(spec.score);
    data["normalise"] = static_cast<std::int64_t>(spec.normalise);
    data["scale"] = spec.scale;
    return {out.alpha, out.scores, out.load, out.importance, out.share, out.sums, out.first};
  }

  static variable_list backward(AutogradContext* context, variable_list d) {
    auto& data = context->saved_data;
    const GateSpec spec{.temperature = data["temperature"].toDouble(),
                        .score = static_cast<Score>(data["score"].toInt()),
                        .normalise = static_cast<Normalise>(data["normalise"].toInt()),
                        .scale = data["scale"].toDouble()};
    const auto saved = context->get_saved_variables();
    return {call_backward({d[0], d[1], d[3], d[4], d[5]}, saved[0], saved[1], saved[2], spec), Tensor(), Tensor()};
  }
};

GateOutput autograd(const Tensor& logits, const GateSpec& spec, const Tensor& bias) {
  if (!at::GradMode::is_enabled() || !logits.requires_grad()) {
    const at::AutoDispatchBelowADInplaceOrView below;
    return call(logits, spec, bias);
  }
  auto out = Gate::apply(logits, spec, bias.defined() ? OptionalTensor(bias) : std::nullopt);
  return {out[0], out[1], out[2], out[3], out[4], out[5], out[6]};
}

void check_values(const GateSpec& spec) {
  TORCH_CHECK(spec.temperature > 0 && std::isfinite(spec.temperature),
              "gate: the temperature is above 0 and finite, not ", spec.temperature);
  TORCH_CHECK(spec.scale > 0 && std::isfinite(spec.scale), "gate: the scale is above 0 and finite, not ", spec.scale);
}

void check_logits(const Tensor& logits) {
  TORCH_CHECK(logits.dim() == 2 && logits.size(1) >= 1, "gate: logits are [tokens, experts], not ", logits.sizes());
  TORCH_CHECK(logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kDouble,
              "gate: logits are float32 or float64, not ", logits.scalar_type());
}

}  // namespace

template <class Enum>
Enum named(std::string_view name) {
  const auto& names = names_of<Enum>;
  const auto found = std::find(names.begin(), names.end(), name);
  TORCH_CHECK(found != names.end(), "gate: one of ", c10::Join(", ", names), ", not ", name);
  return static_cast<Enum>(found - names.begin());
}
template Score named<Score>(std::string_view);
template GroupRank named<GroupRank>(std::string_view);
template GroupMask named<GroupMask>(std::string_view);
template BiasTo named<BiasTo>(std::string_view);
template Normalise named<Normalise>(std::string_view);

GateSpec checked_gate(const Tensor& logits, const GateSpec& spec, const Tensor& bias) {
  check_logits(logits);
  check_values(spec);
  const std::int64_t experts = logits.size(1);
  TORCH_CHECK(!std::isnan(spec.threshold), "gate: the threshold is not a number");
  TORCH_CHECK(spec.groups >= 1 && experts % spec.groups == 0, "gate: ", spec.groups, " groups don't divide ", experts,
              " experts");
  TORCH_CHECK(spec.groups_kept >= 1 && spec.groups_kept <= spec.groups, "gate: 1 to ", spec.groups,
              " groups are kept, not ", spec.groups_kept);
  if (bias.defined()) {
    TORCH_CHECK(bias.dim() == 1 && bias.size(0) == experts && bias.scalar_type() == logits.scalar_type() &&
                    bias.device() == logits.device(),
                "gate: the bias is [experts], of the dtype and on the device of the logits");
  }
  GateSpec checked = spec;
  if (spec.k <= 0 || spec.k > experts) checked.k = experts;
  return checked;
}

void check_gate_backward(const GateGradients& d, const Tensor& logits, const GateOutput& out, const GateSpec& spec) {
  check_logits(logits);
  check_values(spec);
  const auto is = [&](const Tensor& t, at::IntArrayRef shape) {
    TORCH_CHECK(!t.defined() ||
                    (t.sizes() == shape && t.scalar_type() == logits.scalar_type() && t.device() == logits.device()),
                "gate_backward: tensors of different shapes, dtypes or devices");
  };
  for (const Tensor* t : {&out.alpha, &out.scores, &d.alpha, &d.scores}) is(*t, logits.sizes());
  for (const Tensor* t : {&d.importance, &d.share}) is(*t, logits.size(1));
  is(d.sums, gate_sums);
}

GateOutput empty_output(const Tensor& logits) {
  GateOutput out;
  for (Tensor* t : {&out.alpha, &out.scores}) *t = at::empty_like(logits);
  for (Tensor* t : {&out.load, &out.importance, &out.share, &out.first}) {
    *t = at::empty({logits.size(1)}, logits.options());
  }
  out.sums = at::empty({gate_sums}, logits.options());
  return out;
}

GateOutput gate(const Tensor& logits, const GateSpec& spec, const Tensor& bias) { return call(logits, spec, bias); }

Tensor gate_backward(const GateGradients& d, const Tensor& logits, const GateOutput& out, const GateSpec& spec) {
  return call_backward(d, logits, out.alpha, out.scores, spec);
}

TORCH_LIBRARY_FRAGMENT(tessera, m) {
  m.def(
      "gate(Tensor logits, float temperature=1., str score=\"softmax\", int k=0, str normalise=\"sum\", "
      "float? threshold=None, int groups=1, int groups_kept=1, str group_rank=\"max\", "
      "str group_mask=\"minus_infinity\", Tensor? bias=None, str bias_to=\"scores\", float scale=1.) -> "
      "(Tensor alpha, Tensor scores, Tensor load, Tensor importance, Tensor share, Tensor sums, Tensor first)");
  m.def(
      "gate_backward(Tensor? d_alpha, Tensor? d_scores, Tensor? d_importance, Tensor? d_share, Tensor? d_sums, "
      "Tensor logits, Tensor alpha, Tensor scores, float temperature, str score, str normalise, float scale) -> "
      "Tensor");
}

TORCH_LIBRARY_IMPL(tessera, Autograd, m) { m.impl("gate", gate_registered<autograd>); }

}  // namespace tessera::kernels
