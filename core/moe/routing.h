// What a router returns, and everything else reads: banks compute from it, metrics measure it.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/dispatch/op.h"

namespace tessera {

// Plain values, without autograd's history: gradients go by way of the layer (moe_layer.h).
struct Routing {
  at::Tensor logits;                 // [tokens, experts]; undefined where a routing has none (tiles)
  at::Tensor scores;                 // [tokens, experts], before the selection
  at::Tensor alpha;                  // [tokens, experts], weights after the selection; zeros for the unchosen
  kernels::Assignments assignments;  // alpha as a flat list sorted by expert; undefined for tiles, which need none
};

}  // namespace tessera
