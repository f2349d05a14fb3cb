// An MoE layer, a router and an expert bank, with a residual connection: x + experts(input).
//
// What most routers need is one node of autograd's graph, with a backward pass of its own made of the router's and the
// bank's: the model is small, and a graph of each single operation costs as much time as the arithmetic. Everything
// else (core/moe/route.h, shared experts, experts that compute nothing) is composed of differentiable operations.
#pragma once

#include <optional>

#include "core/moe/expert_bank.h"
#include "core/moe/router.h"
#include "core/moe/shared_experts.h"
#include "core/moe/subspace_bank.h"

namespace tessera {

class MoeLayer {
 public:
  // Of the router's and the subspaces' parameters, those that need a rebuild count. tasks: that there are.
  MoeLayer(int layer, std::int64_t width, const ExpertParameters& experts, const SubspaceParameters& subspaces,
           const RouterParameters& router, std::int64_t tasks, Initialiser& initialiser);

  struct Output {
    at::Tensor y;       // [tokens, width]
    at::Tensor losses;  // [router_loss_count]: coefficient x value, see router_losses.h; undefined when none is on
    Routing routing;
    SubspaceTaps taps;  // of subspaces, with gradients
  };
  // x, input: [tokens, width]; input is what router and experts see (x, or its norm). y and losses are differentiable,
  // once, with respect to x, input and the layer's weights. The context is for routers that look at more than features.
  Output forward(const at::Tensor& x, const at::Tensor& input, const RouterParameters& router,
                 const RouterLossParameters& losses, const SubspaceParameters& subspaces,
                 const TokenContext& context) const;

  at::Tensor selection_bias(const RouterParameters& router) const { return router_.bias_in_force(router); }

  // What the router makes of logits, as in a pass that is no training step.
  RouteOutput route(const at::Tensor& logits, const RouterParameters& router) const {
    return tessera::route(logits, router, router_.bias_in_force(router), {});
  }

  // After a step with this routing: what the router remembers moves.
  void update_state(const Routing& routing, const RouterParameters& router, const RouterLossParameters& losses) {
    router_.update_state(routing.load, routing.alpha.size(0), router, losses);
  }

  std::int64_t experts() const { return working_ + zero_; }  // that the router chooses from
  const SubspaceBank* subspaces() const {
    return subspaces_ ? &*subspaces_ : nullptr;
  }  // null: experts of another kind

 private:
  Output composed(const at::Tensor& x, const at::Tensor& input, const RouterParameters& router,
                  const RouterLossParameters& losses, const SubspaceParameters& subspaces,
                  const TokenContext& context) const;
  at::Tensor routed_experts(const at::Tensor& input, const RouteOutput& routed, const RouterParameters& router,
                            kernels::Assignments& assignments) const;

  Router router_;
  std::shared_ptr<const Experts> bank_;  // this or subspaces
  std::optional<SubspaceBank> subspaces_;
  std::shared_ptr<const ExpertBank> perceptrons_;  // the bank, if it is of these
  SharedExperts shared_;
  std::int64_t working_;  // experts of the bank
  std::int64_t zero_;     // experts that compute nothing, after those of the bank
  bool identity_;         // they hand on their input; otherwise they add nothing
};

}  // namespace tessera
