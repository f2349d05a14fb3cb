// Experts that work for every token beside the routed ones.
#pragma once

#include "core/moe/expert_parameters.h"
#include "core/moe/weights.h"
#include "kernels/expert_mlp/op.h"

namespace tessera {

class SharedExperts {
 public:
  // As many as the parameters have, perhaps none: one perceptron with the hidden features of all of them.
  SharedExperts(int layer, std::int64_t width, const ExpertParameters& parameters, Initialiser& initialiser);

  bool any() const { return w1_.defined(); }
  // x: [tokens, width], y alike: their sum, times sigmoid(x gate) where they are gated (Qwen1.5-MoE). Differentiable.
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor w1_, b1_, w2_, b2_;  // as those of an expert bank with one expert
  at::Tensor gate_;               // [width, 1]; undefined without a gate
  kernels::Activation activation_;
};

}  // namespace tessera
