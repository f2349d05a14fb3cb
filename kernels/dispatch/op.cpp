// tessera::dispatch for the dispatcher: its schema, and the typed call.
#include "kernels/dispatch/op.h"

#include <torch/library.h>

namespace tessera::kernels {
namespace {

using Lists = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

void check(const at::Tensor& alpha) {
  TORCH_CHECK(alpha.dim() == 2 && alpha.size(1) >= 1, "dispatch: alpha is [tokens, experts], not ", alpha.sizes());
  TORCH_CHECK(alpha.scalar_type() == at::kFloat || alpha.scalar_type() == at::kDouble,
              "dispatch: alpha is float32 or float64, not ", alpha.scalar_type());
  TORCH_CHECK(alpha.numel() <= std::numeric_limits<std::int32_t>::max(), "dispatch: alpha has over 2^31 - 1 entries");
}

Lists composite(const at::Tensor& alpha, std::int64_t k) {
  check(alpha);
  const Assignments a = reference::dispatch(alpha, k);
  return {a.tokens, a.experts, a.weights, a.offsets};
}

}  // namespace

Assignments dispatch(const at::Tensor& alpha, std::int64_t k) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("tessera::dispatch", "")
                             .typed<Lists(const at::Tensor&, std::int64_t)>();
  auto [tokens, experts, weights, offsets] = op.call(alpha, k);
  return {std::move(tokens), std::move(experts), std::move(weights), std::move(offsets)};
}

TORCH_LIBRARY_FRAGMENT(tessera, m) {
  m.def("dispatch(Tensor alpha, int k) -> (Tensor tokens, Tensor experts, Tensor weights, Tensor offsets)");
}

TORCH_LIBRARY_IMPL(tessera, CompositeImplicitAutograd, m) { m.impl("dispatch", composite); }

}  // namespace tessera::kernels
