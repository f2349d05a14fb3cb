// Experts that are subspaces of one backbone (CDSP, seed 001): two matrices that all share, and alpha, by which an
// expert picks the dimensions that it works with.
#pragma once

#include "core/moe/subspace_parameters.h"
#include "core/moe/weights.h"
#include "kernels/dispatch/op.h"
#include "kernels/expert_mlp/op.h"

namespace tessera {

// What the experts work with in a pass.
struct Subspaces {
  at::Tensor picked;  // int64 [E, r], ascending: dimensions of the backbone
  at::Tensor mask;    // [E, r]: what each is multiplied by; differentiable with respect to alpha
};

// bool [E, dimensions]: whether an expert picked a dimension. picked: see Subspaces.
at::Tensor picked_mask(const at::Tensor& picked, std::int64_t dimensions);

// What a pass leaves for those who ask who did what: copies of each expert's matrices for each task, so that their
// gradients are apart.
struct SubspaceTaps {
  Subspaces subspaces;    // without gradients
  at::Tensor down, up;    // [E x tasks, width, r], [E x tasks, r, width], row e x tasks + t; part of autograd's graph
  at::Tensor task_share;  // [E, tasks]: how much of a task's weight an expert has
};

class SubspaceBank {
 public:
  SubspaceBank(int layer, std::int64_t width, std::int64_t experts, const SubspaceParameters& parameters,
               const std::string& activation, Initialiser& initialiser);

  // [E, D]: what dimensions are ranked by. expert_by_expert: alpha of the block that a dimension is in.
  at::Tensor scores() const;
  // From the gradient with respect to the scores, [E, D], that with respect to alpha.
  at::Tensor gradient_of_alpha(const at::Tensor& d_scores) const;
  Subspaces pick(const SubspaceParameters& parameters, bool training, std::uint64_t noise) const;

  struct Output {
    at::Tensor y;       // [tokens, width]; differentiable with respect to x, alpha's weights, the backbone and alpha
    SubspaceTaps taps;  // with gradients only
  };
  // y = sum over the assignments of weight x act(x U_S) diag(mask) V_S. x: [tokens, width]; alpha: [tokens, E], the
  // router's, differentiable, at most k of a row other than 0; tasks: int64 [tokens], each below `task_count`;
  // undefined: all are of one.
  Output forward(const at::Tensor& x, const at::Tensor& alpha, std::int64_t k, const at::Tensor& tasks,
                 std::int64_t task_count, const SubspaceParameters& parameters, const Subspaces& subspaces) const;

  std::int64_t count() const { return experts_; }
  const at::Tensor& alpha() const { return alpha_; }

  at::Tensor down, up;  // the backbone: [width, D], [D, width]

 private:
  std::int64_t experts_;
  bool by_dimension_;
  kernels::Activation activation_;
  at::Tensor alpha_;  // [E, D] or [E, E]
  at::Tensor block_;  // int64 [D]: the block of each dimension
};

}  // namespace tessera
