// An MoE layer, a router and an expert bank, with a residual connection: x + experts(input).
//
// It is one node of autograd's graph, with a backward pass of its own made of the router's and the bank's: the model is
// small, and a graph of each single operation costs as much time as the arithmetic.
#pragma once

#include "core/moe/expert_bank.h"
#include "core/moe/router.h"
#include "core/moe/token_context.h"

namespace tessera {

class MoeLayer {
 public:
  MoeLayer(int layer, std::int64_t width, const ExpertParameters& experts, Initialiser& initialiser);

  struct Output {
    at::Tensor y;  // [tokens, width]
    at::Tensor
        losses;  // [3]: coefficient x value, see router_losses.h; undefined when none is on
    Routing routing;
  };
  // x, input: [tokens, width]; input is what router and experts see (x, or its norm). y and losses are differentiable,
  // once, with respect to x, input and the layer's weights. The context is for routers that look at more than features.
  Output forward(const at::Tensor& x, const at::Tensor& input, const RouterParameters& router,
                 const RouterLossParameters& losses, const TokenContext& context = {}) const;

  std::int64_t experts() const { return bank_.count(); }

 private:
  Router router_;
  ExpertBank bank_;
};

}  // namespace tessera
