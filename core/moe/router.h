// The linear router: logits x W, a score, a selection. Without bias, as in Switch, Mixtral, Qwen, OLMoE.
#pragma once

#include "core/moe/router_losses.h"
#include "core/moe/router_parameters.h"
#include "core/moe/routing.h"
#include "core/moe/weights.h"

namespace tessera {

class Router {
 public:
  // Weights start as U(-1/sqrt(width), 1/sqrt(width)).
  Router(int layer, std::int64_t width, std::int64_t experts, Initialiser& initialiser);

  // The two passes, without autograd. x: [tokens, width].
  Routing forward(const at::Tensor& x, const RouterParameters& parameters) const;
  // From the gradient with respect to the assignments' weights, and those of the losses. Adds the gradient with respect
  // to x to dx and returns that of the weight.
  at::Tensor backward(const at::Tensor& x, const RouterParameters& parameters, const Routing& routing,
                      const at::Tensor& d_weights, const RouterLossGradients& of_losses, const at::Tensor& dx) const;

  at::Tensor weight;  // [width, experts]
};

}  // namespace tessera
