#include "core/learn/subspace_dynamics.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace tessera {

at::Tensor backbone_gradients(Apart by, const SubspaceTaps& taps, const at::Tensor& d_down, const at::Tensor& d_up,
                              std::int64_t dimensions) {
  const at::Tensor& picked = taps.subspaces.picked;  // [E, r]
  const std::int64_t experts = picked.size(0), rank = picked.size(1), tasks = d_down.size(0) / experts;
  const at::Tensor of_up = d_up.view({experts, tasks, rank, -1}) * taps.subspaces.mask.view({experts, 1, rank, 1});
  const at::Tensor all = at::cat({d_down.transpose(1, 2).reshape(of_up.sizes()), of_up}, 3);  // [E, T, r, M]
  at::Tensor made = at::zeros({by == Apart::by_task ? tasks : experts, dimensions, all.size(3)}, all.options());
  for (std::int64_t e = 0; e < experts; ++e) {
    if (by == Apart::by_task) {
      made.index_add_(1, picked[e], all[e]);
    } else {
      made[e].index_copy_(0, picked[e], all[e].sum(0));
    }
  }
  return made;
}

Opposition opposition(const at::Tensor& gradients) {
  const at::Tensor of_dimension = gradients.transpose(0, 1);                        // [D, n, M]
  const at::Tensor products = at::bmm(of_dimension, of_dimension.transpose(1, 2));  // [D, n, n]
  const at::Tensor norm = products.diagonal(0, 1, 2).sqrt(), a = norm.unsqueeze(2), b = norm.unsqueeze(1);
  Opposition made;
  const at::Tensor both = a * b;
  made.cosines = at::where(both > 0, products / both, 0).clamp(-1, 1);
  const at::Tensor hurt = at::where(both > 0, b / (a + b), 0);
  made.pressure = (at::relu(-made.cosines) * hurt).sum(2).t().contiguous();
  return made;
}

at::Tensor pressure_on_experts(const Opposition& of_tasks, const SubspaceTaps& taps) {
  const at::Tensor& picked = taps.subspaces.picked;
  const at::Tensor on_all = at::mm(taps.task_share, of_tasks.pressure);
  return at::zeros_like(on_all).scatter(1, picked, on_all.gather(1, picked));
}

at::Tensor pressure_on_experts(const Opposition& of_experts) {
  return of_experts.pressure;  // 0 where one has no gradient, so where it hasn't picked
}

at::Tensor conflict_gradient(const at::Tensor& pressure) { return pressure - pressure.mean(1, /*keepdim=*/true); }

at::Tensor paper_conflict_gradient(const at::Tensor& by_expert, const at::Tensor& picked, std::int64_t width) {
  const at::Tensor g = by_expert.narrow(2, 0, width);                 // [E, D, width]
  const at::Tensor both = picked.unsqueeze(0) & picked.unsqueeze(1);  // [E, E, D]
  const at::Tensor products = at::einsum("idm,jdm,ijd->ij", {g, g, both.to(g.scalar_type())});
  const at::Tensor squares = at::einsum("idm,idm,ijd->ij", {g, g, both.to(g.scalar_type())});
  const at::Tensor norms = (squares * squares.t()).sqrt();
  const at::Tensor made = at::where(norms > 0, at::relu(-products / norms), 0);
  return made.fill_diagonal_(0);
}

at::Tensor penalty_gradient(const at::Tensor& alpha, const SubspaceParameters& parameters) {
  const at::Tensor s = alpha.sigmoid();
  const at::Tensor of_one = parameters.metabolic * alpha.sign() + parameters.determinacy * s * (1 - s) * (1 - 2 * s);
  return of_one / static_cast<double>(alpha.numel());
}

SubspaceStep add_dynamics(const SubspaceBank& bank, const SubspaceTaps& taps, const at::Tensor& d_down,
                          const at::Tensor& d_up, const SubspaceParameters& parameters, at::Tensor& d_alpha) {
  const at::NoGradGuard no_grad;
  const std::int64_t dimensions = bank.down.size(1);
  const at::Tensor used = picked_mask(taps.subspaces.picked, dimensions);
  const auto apart = [&](Apart by) { return backbone_gradients(by, taps, d_down, d_up, dimensions); };
  SubspaceStep step;
  step.by_task = apart(Apart::by_task);
  step.scores = bank.scores().clone();
  step.picked = parameters.picking == "gumbel" ? picked_mask(bank.pick(parameters, false, 0).picked, dimensions) : used;
  step.task_share = taps.task_share;
  step.between_tasks = opposition(step.by_task);

  at::Tensor conflict;
  const bool by_dimension = parameters.alpha.kind == "expert_by_dimension";
  const bool between_experts = parameters.conflict.between == "experts";
  if (between_experts && !by_dimension) {
    conflict = paper_conflict_gradient(apart(Apart::by_expert), used, bank.down.size(0));
  } else {
    const at::Tensor pressure = between_experts ? pressure_on_experts(opposition(apart(Apart::by_expert)))
                                                : pressure_on_experts(step.between_tasks, taps);
    conflict = bank.gradient_of_alpha(conflict_gradient(pressure));
  }
  conflict = conflict * parameters.conflict.coefficient;
  const at::Tensor penalty = penalty_gradient(bank.alpha(), parameters);
  step.task_norm = d_alpha.norm();
  step.conflict_norm = conflict.norm();
  step.penalty_norm = penalty.norm();
  d_alpha = d_alpha + conflict + penalty;
  return step;
}

}  // namespace tessera
