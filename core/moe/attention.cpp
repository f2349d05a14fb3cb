#include "core/moe/attention.h"

#include <ATen/ATen.h>

#include "kernels/linear/op.h"

namespace tessera {

Attention::Attention(int layer, std::int64_t width, std::int64_t heads, Initialiser& initialiser) : heads_(heads) {
  const double bound = linear_bound(width);
  const auto add = [&](const char* name, at::IntArrayRef shape) {
    return initialiser.add("layer" + std::to_string(layer) + ".attention." + name, Scope::attention, layer, shape,
                           bound);
  };
  qkv_weight_ = add("qkv.weight", {width, 3 * width});
  qkv_bias_ = add("qkv.bias", {3 * width});
  out_weight_ = add("out.weight", {width, width});
  out_bias_ = add("out.bias", {width});
}

at::Tensor Attention::forward(const at::Tensor& x, std::int64_t length) const {
  const std::int64_t width = x.size(1);
  const auto qkv = kernels::linear(x, qkv_weight_, qkv_bias_)
                       .view({-1, length, 3, heads_, width / heads_})
                       .permute({2, 0, 3, 1, 4})
                       .unbind(0);  // each [sequences, heads, length, width / heads]
  constexpr bool causal = true;
  const at::Tensor seen = at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], {}, 0, causal);
  return kernels::linear(seen.transpose(1, 2).reshape({-1, width}), out_weight_, out_bias_);
}

}  // namespace tessera
