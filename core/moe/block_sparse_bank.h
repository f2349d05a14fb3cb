// Experts as masks over blocks of two matrices that all share: the Hadamard form of CDSP (seed 001, 2: structured block
// sparsity).
#pragma once

#include "core/moe/experts.h"
#include "kernels/block_sparse/op.h"
#include "kernels/expert_mlp/activation.h"

namespace tessera {

class BlockSparseBank : public Experts {
 public:
  // The matrices start as torch.nn.Linear's would with as many inputs as are active on average. The document leaves
  // open how an expert finds its blocks: they are drawn, as many of each matrix for each expert.
  BlockSparseBank(int layer, std::int64_t width, const ExpertParameters& parameters, Initialiser& initialiser);

  std::int64_t count() const override { return experts_; }
  // y = act(x (W1 o M1_e)) (W2 o M2_e). Costs what the active blocks do.
  at::Tensor apply(const at::Tensor& x, const kernels::Assignments& assignments) const override;

  at::Tensor w1, w2;                  // [D, H], [H, D]
  kernels::BlockPattern first, then;  // of W1, of W2

 private:
  std::int64_t experts_;
  kernels::Activation activation_;
};

}  // namespace tessera
