// What a router returns, and everything else reads: banks compute from it, metrics measure it.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/dispatch/op.h"
#include "kernels/gate/op.h"

namespace tessera {

// Plain values, without autograd's history: gradients go by way of the layer (moe_layer.h). Tiles have alpha and scores
// only; load is of what was chosen, also of what an expert had no room for.
struct Routing : kernels::GateOutput {
  at::Tensor logits;                 // [tokens, experts]
  at::Tensor dropped;                // bool [tokens, experts], of a capacity; undefined where none is in force
  kernels::Assignments assignments;  // alpha as a flat list sorted by expert; undefined for soft dispatch
};

}  // namespace tessera
