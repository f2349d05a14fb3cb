// tessera::dispatch for the dispatcher: its schema, its autograd, and the typed call.
#include "kernels/dispatch/op.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "kernels/dispatch/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;
using Forward = AssignmentLists(const Tensor&, std::int64_t);
using Backward = Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, std::int64_t);

const auto& forward_op() {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("tessera::dispatch", "").typed<Forward>();
  return op;
}

const auto& backward_op() {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("tessera::dispatch_backward", "").typed<Backward>();
  return op;
}

class Dispatch : public torch::autograd::Function<Dispatch> {
 public:
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const Tensor& alpha,
                                                std::int64_t k) {
    const at::AutoDispatchBelowADInplaceOrView below;
    auto [tokens, experts, weights, offsets] = forward_op().call(alpha, k);
    context->mark_non_differentiable({tokens, experts, offsets});
    context->save_for_backward({tokens, experts, offsets});
    context->saved_data["rows"] = alpha.size(0);
    return {tokens, experts, weights, offsets};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {backward_op().call(gradients[2], saved[0], saved[1], saved[2], context->saved_data["rows"].toInt()),
            Tensor()};
  }
};

AssignmentLists autograd(const Tensor& alpha, std::int64_t k) {
  if (!at::GradMode::is_enabled() || !alpha.requires_grad()) {
    const at::AutoDispatchBelowADInplaceOrView below;
    return forward_op().call(alpha, k);
  }
  auto out = Dispatch::apply(alpha, k);
  return {std::move(out[0]), std::move(out[1]), std::move(out[2]), std::move(out[3])};
}

}  // namespace

std::int64_t checked_dispatch(const Tensor& alpha, std::int64_t k) {
  TORCH_CHECK(alpha.dim() == 2 && alpha.size(1) >= 1, "dispatch: alpha is [tokens, experts], not ", alpha.sizes());
  TORCH_CHECK(alpha.scalar_type() == at::kFloat || alpha.scalar_type() == at::kDouble,
              "dispatch: alpha is float32 or float64, not ", alpha.scalar_type());
  TORCH_CHECK(alpha.numel() <= std::numeric_limits<std::int32_t>::max(), "dispatch: alpha has over 2^31 - 1 entries");
  const std::int64_t experts = alpha.size(1);
  return alpha.size(0) * (k <= 0 || k > experts ? experts : k);
}

void checked_dispatch_backward(const Tensor& d_weights, const Tensor& tokens, const Tensor& experts,
                               const Tensor& offsets, std::int64_t rows) {
  TORCH_CHECK(rows >= 0, "dispatch_backward: rows are not negative, ", rows);
  TORCH_CHECK(offsets.dim() == 1 && offsets.size(0) >= 2, "dispatch_backward: offsets are [experts + 1], not ",
              offsets.sizes());
  for (const Tensor* t : {&d_weights, &tokens, &experts}) {
    TORCH_CHECK(t->dim() == 1 && t->numel() == tokens.numel() && t->device() == d_weights.device(),
                "dispatch_backward: d_weights, tokens and experts are lists of one length on one device");
  }
  for (const Tensor* t : {&tokens, &experts, &offsets}) {
    TORCH_CHECK(t->scalar_type() == at::kInt, "dispatch_backward: tokens, experts and offsets are int32, not ",
                t->scalar_type());
  }
}

Assignments dispatch(const Tensor& alpha, std::int64_t k) {
  auto [tokens, experts, weights, offsets] = forward_op().call(alpha, k);
  return {std::move(tokens), std::move(experts), std::move(weights), std::move(offsets)};
}

Tensor dispatch_backward(const Tensor& d_weights, const Assignments& assignments, std::int64_t rows) {
  return backward_op().call(d_weights, assignments.tokens, assignments.experts, assignments.offsets, rows);
}

TORCH_LIBRARY_FRAGMENT(tessera, m) {
  m.def("dispatch(Tensor alpha, int k) -> (Tensor tokens, Tensor experts, Tensor weights, Tensor offsets)");
  m.def("dispatch_backward(Tensor d_weights, Tensor tokens, Tensor experts, Tensor offsets, int rows) -> Tensor");
}

TORCH_LIBRARY_IMPL(tessera, Autograd, m) { m.impl("dispatch", autograd); }

}  // namespace tessera::kernels
