#include "core/moe/router.h"

#include <torch/torch.h>

#include <cmath>

#include "kernels/gate/op.h"

namespace tessera {
Router::Router(int layer, std::int64_t width, std::int64_t experts, Initialiser& initialiser)
    : weight(initialiser.add("layer" + std::to_string(layer) + ".router.weight", Scope::router, layer, {width, experts},
                             1 / std::sqrt(static_cast<double>(width)))) {}

Routing Router::forward(const at::Tensor& x, const RouterParameters& parameters) const {
  const std::int64_t k = parameters.selection == "top_k" ? parameters.k : 0;  // 0: dense
  Routing routing;
  routing.logits = at::mm(x, weight);
  std::tie(routing.alpha, routing.scores) = kernels::gate(
      routing.logits, parameters.temperature, kernels::score_named(parameters.score), k, parameters.normalise);
  routing.assignments = kernels::dispatch(routing.alpha, k);
  return routing;
}

at::Tensor Router::backward(const at::Tensor& x, const RouterParameters& parameters, const Routing& routing,
                            const at::Tensor& d_weights, const RouterLossGradients& of_losses,
                            const at::Tensor& dx) const {
  at::Tensor d_alpha = kernels::dispatch_backward(d_weights, routing.assignments, routing.alpha.size(0));
  if (of_losses.alpha.defined()) d_alpha += of_losses.alpha;
  at::Tensor d_logits =
      kernels::gate_backward(d_alpha, of_losses.scores, routing.alpha, routing.scores, parameters.temperature,
                             kernels::score_named(parameters.score), parameters.normalise);
  if (of_losses.logits.defined()) d_logits += of_losses.logits;
  at::Tensor(dx).addmm_(d_logits, weight.t());
  return at::mm(x.t(), d_logits);
}

}  // namespace tessera
