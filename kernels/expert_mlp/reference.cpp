// The definition of expert_mlp in plain ATen calls: a loop over experts.
#include <ATen/ATen.h>

#include "kernels/expert_mlp/op.h"

namespace tessera::kernels::reference {
namespace {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::silu:
      return at::silu(x);
  }
  TORCH_CHECK(false, "expert_mlp: unknown activation");
}

}  // namespace

at::Tensor expert_mlp(const at::Tensor& x, const at::Tensor& tokens, const at::Tensor& weights,
                      const at::Tensor& offsets, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                      const at::Tensor& b2, Activation activation) {
  const at::Tensor bounds = offsets.cpu();
  const int* bound = bounds.const_data_ptr<int>();
  at::Tensor y = at::zeros_like(x);
  for (std::int64_t e = 0; e < w1.size(0); ++e) {
    const std::int64_t begin = bound[e], size = bound[e + 1] - begin;
    const at::Tensor rows = tokens.narrow(0, begin, size).to(at::kLong);
    const at::Tensor hidden = activate(at::addmm(b1[e], x.index_select(0, rows), w1[e]), activation);
    const at::Tensor out = at::addmm(b2[e], hidden, w2[e]) * weights.narrow(0, begin, size).unsqueeze(1);
    y = y.index_add(0, rows, out);
  }
  return y;
}

}  // namespace tessera::kernels::reference
