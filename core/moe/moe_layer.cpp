#include "core/moe/moe_layer.h"

#include <torch/torch.h>

namespace tessera {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool any_on(const RouterLossParameters& c) { return c.alpha_entropy != 0 || c.load_balance != 0 || c.z_loss != 0; }

// A forward pass: what it was made from, and what it leaves for the backward pass. It holds no output of the node,
// which would hold itself then.
struct Pass : torch::CustomClassHolder {
  Pass(const Router& r, const ExpertBank& b, const RouterParameters& p, const RouterLossParameters& c)
      : router(r), bank(b), parameters(p), coefficients(c) {}
  Router router;  // by value: tensors are references, and the layer may be gone by then
  ExpertBank bank;
  RouterParameters parameters;
  RouterLossParameters coefficients;
  at::Tensor input;
  Routing routing;
  kernels::MlpForwardOutput kept;
};

at::Tensor losses_of(const Routing& routing, const RouterLossParameters& coefficients) {
  const at::Tensor losses = at::zeros({router_loss_count}, routing.alpha.options());
  add_router_losses(routing, coefficients, losses);
  return losses;
}

class Node : public torch::autograd::Function<Node> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& input,
                               const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                               const at::Tensor&, const c10::intrusive_ptr<Pass>& pass) {
    const at::AutoDispatchBelowADInplaceOrView below;
    pass->input = input;
    pass->routing = pass->router.forward(input, pass->parameters);
    pass->kept = pass->bank.forward(input, pass->routing);
    variable_list made = {std::exchange(pass->kept.y, {}).add_(x)};
    if (any_on(pass->coefficients)) made.push_back(losses_of(pass->routing, pass->coefficients));
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
    RouterLossGradients of_losses;
    if (outer.size() > 1 && outer[1].defined()) {
      of_losses = router_loss_gradients(pass.routing, pass.coefficients, outer[1]);
    }
    kernels::MlpBackwardOutput d = pass.bank.backward(dy, pass.input, pass.routing, pass.kept);
    const at::Tensor d_router =
        pass.router.backward(pass.input, pass.parameters, pass.routing, d.weights, of_losses, d.x);
    return {dy, d.x, d_router, d.w1, d.b1, d.w2, d.b2, at::Tensor()};
  }
};

}  // namespace

MoeLayer::MoeLayer(int layer, std::int64_t width, const ExpertParameters& experts, Initialiser& initialiser)
    : router_(layer, width, experts.count, initialiser), bank_(layer, width, experts, initialiser) {}

MoeLayer::Output MoeLayer::forward(const at::Tensor& x, const at::Tensor& input, const RouterParameters& router,
                                   const RouterLossParameters& losses, const TokenContext&) const {
  Output output;
  if (!at::GradMode::is_enabled()) {
    output.routing = router_.forward(input, router);
    output.y = bank_.forward_only(input, output.routing).add_(x);
    if (any_on(losses)) output.losses = losses_of(output.routing, losses);
    return output;
  }
  const auto pass = c10::make_intrusive<Pass>(router_, bank_, router, losses);
  variable_list made = Node::apply(x, input, router_.weight, bank_.w1, bank_.b1, bank_.w2, bank_.b2, pass);
  output.y = std::move(made[0]);
  if (made.size() > 1) output.losses = std::move(made[1]);
  output.routing = pass->routing;
  return output;
}

}  // namespace tessera
