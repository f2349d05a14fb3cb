// Experts of low rank (LoRA, Hu et al. 2022): one perceptron that all share, to whose matrices each expert adds a
// product of two thin ones.
#pragma once

#include "core/moe/experts.h"
#include "kernels/expert_mlp/op.h"

namespace tessera {

class LoraBank : public Experts {
 public:
  // The shared perceptron starts as torch.nn.Linear does and learns from all; of each expert's pairs one matrix starts
  // at 0, so that all experts start alike.
  LoraBank(int layer, std::int64_t width, const ExpertParameters& parameters, Initialiser& initialiser);

  std::int64_t count() const override { return a1.size(0); }
  // y = act(x (W1 + A1_e B1_e) + b1) (W2 + A2_e B2_e) + b2
  at::Tensor apply(const at::Tensor& x, const kernels::Assignments& assignments) const override;

  at::Tensor w1, b1, w2, b2;      // shared: [D, H], [H], [H, D], [D]
  at::Tensor a1, low1, a2, low2;  // [E, D, r], [E, r, H], [E, H, r], [E, r, D]

 private:
  kernels::Activation activation_;
};

}  // namespace tessera
