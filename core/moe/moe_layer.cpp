#include "core/moe/moe_layer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/moe/router_losses.h"

namespace tessera {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// A forward pass: what it was made from, and what it leaves for the backward pass. It holds no output of the node,
// which would hold itself then.
struct Pass : torch::CustomClassHolder {
  Pass(const Router& r, std::shared_ptr<const ExpertBank> b, const RouterParameters& p, const RouterLossParameters& c)
      : router(r), bank(std::move(b)), parameters(p), coefficients(c) {}
  Router router;  // by value: tensors are references, and the layer may be gone by then
  std::shared_ptr<const ExpertBank> bank;
  RouterParameters parameters;
  RouterLossParameters coefficients;
  at::Tensor input;
  Routing routing;
  kernels::MlpForwardOutput kept;
};

class Node : public torch::autograd::Function<Node> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& input,
                               const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                               const at::Tensor&, const c10::intrusive_ptr<Pass>& pass) {
    const at::AutoDispatchBelowADInplaceOrView below;
    pass->input = input;
    pass->routing = pass->router.forward(input, pass->parameters);
    pass->kept = pass->bank->forward(input, pass->routing);
    variable_list made = {std::exchange(pass->kept.y, {}).add_(x)};
    if (any_on(pass->coefficients)) {
      made.push_back(router_losses(pass->routing, pass->coefficients, pass->router.l1_coefficient()));
    }
    context->saved_data["pass"] = c10::IValue::make_capsule(pass);
    context->set_materialize_grads(false);
    return made;
  }

  static variable_list backward(AutogradContext* context, variable_list outer) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "an MoE layer is differentiable only once");
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto holder = context->saved_data["pass"].toCapsule();
    const auto& pass = static_cast<const Pass&>(*holder);
    const at::Tensor dy = outer[0].defined() ? outer[0] : at::zeros_like(pass.input);
    kernels::GateGradients of_losses;
    if (outer.size() > 1 && outer[1].defined()) {
      of_losses = router_loss_gradients(pass.routing, pass.coefficients, pass.router.l1_coefficient(), outer[1]);
    }
    kernels::MlpBackwardOutput d = pass.bank->backward(dy, pass.input, pass.routing, pass.kept);
    const at::Tensor d_router =
        pass.router.backward(pass.input, pass.parameters, pass.routing, d.weights, of_losses, d.x);
    return {dy, d.x, d_router, d.w1, d.b1, d.w2, d.b2, at::Tensor()};
  }
};

}  // namespace

MoeLayer::MoeLayer(int layer, std::int64_t width, const ExpertParameters& experts, const SubspaceParameters& subspaces,
                   const RouterParameters& router, std::int64_t tasks, Initialiser& initialiser)
    : router_(layer, width, experts.routed(), tasks, router, initialiser),
      shared_(layer, width, experts, initialiser),
      working_(experts.count),
      zero_(experts.zero.count),
      identity_(experts.zero.kind == "identity") {
  if (experts.kind == "subspace") {
    subspaces_.emplace(layer, width, experts.count, subspaces, experts.activation, initialiser);
  } else {
    bank_ = make_experts(layer, width, experts, initialiser);
    perceptrons_ = std::dynamic_pointer_cast<const ExpertBank>(bank_);
  }
}

MoeLayer::Output MoeLayer::forward(const at::Tensor& x, const at::Tensor& input, const RouterParameters& router,
                                   const RouterLossParameters& losses, const SubspaceParameters& subspaces,
                                   const TokenContext& context) const {
  const bool one_node = perceptrons_ && router_.has_passes(router, context.training) && router.applies == "output" &&
                        zero_ == 0 && !shared_.any();
  if (!one_node || !at::GradMode::is_enabled()) return composed(x, input, router, losses, subspaces, context);
  Output output;
  const auto pass = c10::make_intrusive<Pass>(router_, perceptrons_, router, losses);
  variable_list made = Node::apply(x, input, router_.weight(), perceptrons_->w1, perceptrons_->b1, perceptrons_->w2,
                                   perceptrons_->b2, pass);
  output.y = std::move(made[0]);
  if (made.size() > 1) output.losses = std::move(made[1]);
  output.routing = pass->routing;
  return output;
}

MoeLayer::Output MoeLayer::composed(const at::Tensor& x, const at::Tensor& input, const RouterParameters& router,
                                    const RouterLossParameters& losses, const SubspaceParameters& subspaces,
                                    const TokenContext& context) const {
  const at::Tensor logits = router_.logits(input, router, context);
  const RouteOutput routed = tessera::route(logits, router, router_.bias_in_force(router), context);
  Output output;
  at::Tensor y;
  if (subspaces_) {
    const Subspaces picked = subspaces_->pick(subspaces, context.training, context.noise);
    auto made =
        subspaces_->forward(input, routed.alpha.narrow(1, 0, working_), most_assignments(router),
                            context.training ? context.tasks : at::Tensor(), context.task_count, subspaces, picked);
    y = std::move(made.y);
    output.taps = std::move(made.taps);
    output.routing.assignments = kernels::dispatch(routed.alpha.detach(), most_assignments(router));
  } else {
    y = routed_experts(input, routed, router, output.routing.assignments);
  }
  if (zero_ > 0 && identity_) y = y + input * routed.alpha.narrow(1, working_, zero_).sum(1, /*keepdim=*/true);
  if (shared_.any()) y = y + shared_.forward(input);
  output.y = x + y;
  if (any_on(losses)) output.losses = router_losses(routed, losses, router_.l1_coefficient());
  Routing& plain = output.routing;
  plain.logits = logits.detach();
  plain.scores = routed.scores.detach();
  plain.alpha = routed.alpha.detach();
  plain.load = routed.load;
  plain.dropped = routed.dropped;
  return output;
}

// What the bank's experts add. `assignments`: what they were made from, for soft dispatch none.
at::Tensor MoeLayer::routed_experts(const at::Tensor& input, const RouteOutput& routed, const RouterParameters& router,
                                    kernels::Assignments& assignments) const {
  const auto integers = input.options().dtype(at::kInt).requires_grad(false);
  const auto each_once = [&](std::int64_t count) { return at::arange(count, integers); };
  const auto ones = [&](std::int64_t count) { return at::ones({count}, input.options().requires_grad(false)); };
  if (router.selection == "soft") {  // Puigcerver et al. 2024, eq. 1 to 3
    const at::Tensor slots = at::mm(routed.dispatch.t(), input);
    const std::int64_t count = slots.size(0);
    const at::Tensor offsets = each_once(bank_->count() + 1) * router.slots;
    return at::mm(routed.combine, bank_->apply(slots, {each_once(count), {}, ones(count), offsets}));
  }
  const kernels::Assignments list = kernels::dispatch(routed.alpha, most_assignments(router));
  assignments = {list.tokens, list.experts, list.weights.detach(), list.offsets};
  kernels::Assignments of_bank = list;
  of_bank.offsets = list.offsets.narrow(0, 0, bank_->count() + 1);
  if (router.applies == "output") return bank_->apply(input, of_bank);
  // The weight multiplies the expert's input: each assignment is a token of its own.
  const std::int64_t count = list.tokens.size(0);
  const at::Tensor rows = input.index_select(0, list.tokens) * list.weights.unsqueeze(1);
  const at::Tensor out = bank_->apply(rows, {each_once(count), {}, ones(count), of_bank.offsets});
  return at::zeros_like(input).index_add(0, list.tokens, out);
}

}  // namespace tessera
