// Causal multi-head attention (Vaswani et al. 2017, section 3.2): lets a token see those before it in its sequence.
#pragma once

#include "core/moe/weights.h"

namespace tessera {

class Attention {
 public:
  // heads divide width. Weights and biases start as torch.nn.Linear's: U(-1/sqrt(width), 1/sqrt(width)).
  Attention(int layer, std::int64_t width, std::int64_t heads, Initialiser& initialiser);

  // x: [sequences * length, width], sequence by sequence; the result alike, to be added to the residual stream:
  // softmax(Q K' / sqrt(width / heads), each token's row up to its own place) V of each head, joined, times W + b.
  at::Tensor forward(const at::Tensor& x, std::int64_t length) const;

 private:
  std::int64_t heads_;
  at::Tensor qkv_weight_, qkv_bias_;  // [width, 3 width], [3 width]: queries, keys, values
  at::Tensor out_weight_, out_bias_;  // [width, width], [width]
};

}  // namespace tessera
