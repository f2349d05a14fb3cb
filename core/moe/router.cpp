#include "core/moe/router.h"

#include <torch/torch.h>

#include <cmath>

#include "kernels/gate/op.h"

namespace tessera {
namespace {

kernels::GateSpec gate_spec(const RouterParameters& parameters) {
  kernels::GateSpec spec;
  spec.temperature = parameters.temperature;
  spec.score = kernels::named<kernels::Score>(parameters.score);
  spec.k = parameters.selection == "top_k" ? parameters.k : 0;  // 0: dense
  spec.normalise = parameters.normalise ? kernels::Normalise::sum : kernels::Normalise::none;
  return spec;
}

}  // namespace

Router::Router(int layer, std::int64_t width, std::int64_t experts, Initialiser& initialiser)
    : weight(initialiser.add("layer" + std::to_string(layer) + ".router.weight", Scope::router, layer, {width, experts},
                             1 / std::sqrt(static_cast<double>(width)))) {}

Routing Router::forward(const at::Tensor& x, const RouterParameters& parameters) const {
  const kernels::GateSpec spec = gate_spec(parameters);
  const at::Tensor logits = at::mm(x, weight);
  Routing routing{kernels::gate(logits, spec), logits, {}};
  routing.assignments = kernels::dispatch(routing.alpha, spec.k);
  return routing;
}

at::Tensor Router::backward(const at::Tensor& x, const RouterParameters& parameters, const Routing& routing,
                            const at::Tensor& d_weights, const RouterLossGradients& of_losses,
                            const at::Tensor& dx) const {
  kernels::GateGradients d = of_losses;
  d.alpha = kernels::dispatch_backward(d_weights, routing.assignments, routing.alpha.size(0));
  if (of_losses.alpha.defined()) d.alpha += of_losses.alpha;
  const at::Tensor d_logits = kernels::gate_backward(d, routing.logits, routing, gate_spec(parameters));
  at::Tensor(dx).addmm_(d_logits, weight.t());
  return at::mm(x.t(), d_logits);
}

}  // namespace tessera
