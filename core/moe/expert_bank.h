// A bank of MLP experts.
#pragma once

#include "core/moe/experts.h"
#include "core/moe/routing.h"
#include "core/moe/weights.h"
#include "kernels/expert_mlp/op.h"

namespace tessera {

class ExpertBank : public Experts {
 public:
  // Weights and biases start as torch.nn.Linear's: U(-1/sqrt(fan_in), 1/sqrt(fan_in)).
  ExpertBank(int layer, std::int64_t width, const ExpertParameters& parameters, Initialiser& initialiser);

  std::int64_t count() const override { return w1.size(0); }

  // The two passes, without autograd. x: [tokens, width]; y: the weighted sum of each token's experts, alike.
  kernels::MlpForwardOutput forward(const at::Tensor& x, const Routing& routing) const;
  kernels::MlpBackwardOutput backward(const at::Tensor& dy, const at::Tensor& x, const Routing& routing,
                                      const kernels::MlpForwardOutput& kept) const;

  at::Tensor apply(const at::Tensor& x, const kernels::Assignments& assignments) const override;

  at::Tensor w1, b1, w2, b2;  // [E, D, H], [E, H], [E, H, D], [E, D]

 private:
  kernels::Activation activation_;
};

}  // namespace tessera
