// A bank of MLP experts.
#pragma once

#include "core/moe/expert_parameters.h"
#include "core/moe/routing.h"
#include "core/moe/weights.h"
#include "kernels/expert_mlp/op.h"

namespace tessera {

class ExpertBank {
 public:
  // Weights and biases start as torch.nn.Linear's: U(-1/sqrt(fan_in), 1/sqrt(fan_in)).
  ExpertBank(int layer, std::int64_t width, const ExpertParameters& parameters, Initialiser& initialiser);

  std::int64_t count() const { return w1_.size(0); }
  // x: [tokens, width]; the weighted sum of each token's experts, [tokens, width]
  at::Tensor forward(const at::Tensor& x, const Routing& routing) const;

 private:
  kernels::Activation activation_;
  at::Tensor w1_, b1_, w2_, b2_;  // [E, D, H], [E, H], [E, H, D], [E, D]
};

}  // namespace tessera
