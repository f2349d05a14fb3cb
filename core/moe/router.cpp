#include "core/moe/router.h"

#include <torch/torch.h>

#include <cmath>

#include "kernels/gate/op.h"

namespace tessera {
namespace {

kernels::Score score_named(const std::string& name) {
  if (name == "sigmoid") return kernels::Score::sigmoid;
  if (name == "sparsemax") return kernels::Score::sparsemax;
  if (name == "entmax15") return kernels::Score::entmax15;
  TORCH_CHECK(name == "softmax", "no score ", name);
  return kernels::Score::softmax;
}

}  // namespace

Router::Router(int layer, std::int64_t width, std::int64_t experts, Initialiser& initialiser)
    : weight_(initialiser.add("layer" + std::to_string(layer) + ".router.weight", Scope::router, layer,
                              {width, experts}, 1 / std::sqrt(static_cast<double>(width)))) {}

Routing Router::route(const at::Tensor& x, const RouterParameters& parameters) const {
  const std::int64_t k = parameters.selection == "top_k" ? parameters.k : 0;  // 0: dense
  Routing routing;
  routing.logits = at::mm(x, weight_);
  std::tie(routing.alpha, routing.scores) =
      kernels::gate(routing.logits, parameters.temperature, score_named(parameters.score), k, parameters.normalise);
  routing.assignments = kernels::dispatch(routing.alpha, k);
  return routing;
}

}  // namespace tessera
