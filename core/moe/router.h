// The linear router: logits x W, a score, a selection. Without bias, as in Switch, Mixtral, Qwen, OLMoE.
#pragma once

#include "core/moe/router_parameters.h"
#include "core/moe/routing.h"
#include "core/moe/weights.h"

namespace tessera {

class Router {
 public:
  // Weights start as U(-1/sqrt(width), 1/sqrt(width)).
  Router(int layer, std::int64_t width, std::int64_t experts, Initialiser& initialiser);

  // x: [tokens, width]
  Routing route(const at::Tensor& x, const RouterParameters& parameters) const;

 private:
  at::Tensor weight_;  // [width, experts]
};

}  // namespace tessera
