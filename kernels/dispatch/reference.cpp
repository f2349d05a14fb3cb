// The definition of dispatch in plain ATen calls.
#include <ATen/ATen.h>

#include "kernels/dispatch/op.h"

namespace tessera::kernels::reference {

Assignments dispatch(const at::Tensor& alpha, std::int64_t k) {
  const std::int64_t tokens = alpha.size(0), experts = alpha.size(1);
  const std::int64_t capacity = tokens * (k <= 0 || k > experts ? experts : k);
  const at::Tensor entries = alpha.detach().t().nonzero();  // (expert, token), in this order
  const std::int64_t used = entries.size(0);
  TORCH_CHECK(used <= capacity, "dispatch: alpha has ", used, " entries other than zero, the list holds ", capacity);
  const at::Tensor expert = entries.select(1, 0), token = entries.select(1, 1);
  const auto padded = [&](const at::Tensor& t) { return at::constant_pad_nd(t, {0, capacity - used}); };
  const at::Tensor counts = at::bincount(expert, {}, experts).cumsum(0);
  return {padded(token).to(at::kInt), padded(expert).to(at::kInt), padded(alpha.index({token, expert})),
          at::constant_pad_nd(counts, {1, 0}).to(at::kInt)};
}

}  // namespace tessera::kernels::reference
