#include "core/moe/subspace_bank.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "core/moe/noise.h"
#include "core/moe/straight_through.h"

namespace tessera {

namespace {

// The masks, [E, D], that dimensions have or would have beside those picked; what these have is a constant. Noise may
// leave a dimension unpicked that is more open than all picked: it counts as their most open one.
at::Tensor soft_masks(const at::Tensor& scores, const SubspaceParameters& parameters, const at::Tensor& picked) {
  const at::Tensor z = scores / parameters.alpha.temperature;
  if (parameters.mask != "softmax") return z.sigmoid();
  const at::Tensor of_picked = z.detach().gather(1, picked), top = of_picked.amax(1, /*keepdim=*/true);
  const at::Tensor whole = (of_picked - top).exp().sum(1, /*keepdim=*/true);
  const at::Tensor above = z - top, capped = above + (above.clamp_max(0) - above).detach();  // with its gradient
  return capped.exp() / whole * static_cast<double>(picked.size(1));
}

at::Tensor picked_masks(const at::Tensor& scores, const at::Tensor& picked, const SubspaceParameters& parameters) {
  const at::Tensor z = scores.gather(1, picked) / parameters.alpha.temperature;
  if (parameters.mask == "softmax") return z.softmax(1) * static_cast<double>(picked.size(1));
  const at::Tensor open = z.sigmoid();
  return parameters.mask == "mean" ? open.mean(1, /*keepdim=*/true).expand_as(open) : open;
}

at::Tensor gumbel_noise(const at::Tensor& like, std::uint64_t seed) {
  const at::Tensor uniform = random_uniform(like, seed, Noise::gumbel).clamp(1e-12, 1 - 1e-7);
  return -(-uniform.log()).log();
}

// Weights as the router has them, a column for each expert and task: row t has its weights in the columns of its task.
at::Tensor by_task(const at::Tensor& alpha, const at::Tensor& tasks, std::int64_t task_count) {
  const at::Tensor is_of = at::one_hot(tasks, task_count).to(alpha.scalar_type());
  return (alpha.unsqueeze(2) * is_of.unsqueeze(1)).flatten(1);
}

}  // namespace

at::Tensor picked_mask(const at::Tensor& picked, std::int64_t dimensions) {
  return at::zeros({picked.size(0), dimensions}, picked.options().dtype(at::kBool)).scatter(1, picked, true);
}

SubspaceBank::SubspaceBank(int layer, std::int64_t width, std::int64_t experts, const SubspaceParameters& parameters,
                           const std::string& activation, Initialiser& initialiser)
    : experts_(experts),
      by_dimension_(parameters.alpha.kind == "expert_by_dimension"),
      activation_(kernels::activation_named(activation)) {
  const std::string prefix = "layer" + std::to_string(layer) + ".subspaces.";
  const std::int64_t dimensions = parameters.backbone;
  down = initialiser.add_orthogonal(prefix + "down", Scope::experts, layer, width, dimensions);
  up = initialiser.add_orthogonal(prefix + "up", Scope::experts, layer, dimensions, width);
  const std::int64_t columns = by_dimension_ ? dimensions : experts;
  alpha_ = initialiser.add_normal(prefix + "alpha", Scope::alpha, layer, {experts, columns});
  const at::NoGradGuard no_grad;
  alpha_.mul_(parameters.alpha.noise);
  if (by_dimension_) return;
  const at::Tensor own = at::eye(experts, alpha_.options());
  alpha_.add_(0.1 * (1 - own)).mul_(1 - own).add_(own);  // the paper's code: 1, and 0.1 + noise for others' blocks
  block_ = at::arange(dimensions, alpha_.options().dtype(at::kLong)).mul(experts).floor_divide(dimensions);
}

at::Tensor SubspaceBank::scores() const { return by_dimension_ ? alpha_ : alpha_.index_select(1, block_); }

at::Tensor SubspaceBank::gradient_of_alpha(const at::Tensor& d_scores) const {
  return by_dimension_ ? d_scores : at::zeros_like(alpha_).index_add(1, block_, d_scores);
}

Subspaces SubspaceBank::pick(const SubspaceParameters& parameters, bool training, std::uint64_t noise) const {
  at::Tensor ranked = scores();
  if (training && parameters.picking == "gumbel") ranked = ranked + gumbel_noise(ranked, noise);
  const std::int64_t rank = std::min(parameters.quota(experts_), down.size(1));
  const at::Tensor order = at::argsort(ranked.detach(), /*stable=*/true, /*dim=*/1, /*descending=*/true);
  const at::Tensor picked = std::get<0>(order.narrow(1, 0, rank).sort(1));
  return {picked, picked_masks(scores(), picked, parameters)};  // noise chooses, and masks nothing
}

SubspaceBank::Output SubspaceBank::forward(const at::Tensor& x, const at::Tensor& alpha, std::int64_t k,
                                           const at::Tensor& tasks, std::int64_t task_count,
                                           const SubspaceParameters& parameters, const Subspaces& subspaces) const {
  const std::int64_t rank = subspaces.picked.size(1), width = down.size(0);
  const at::Tensor all = subspaces.picked.flatten();
  at::Tensor w1 = down.t().index_select(0, all).view({experts_, rank, width}).transpose(1, 2);
  at::Tensor w2 = up.index_select(0, all).view({experts_, rank, width}) * subspaces.mask.unsqueeze(2);
  const bool apart = tasks.defined() && at::GradMode::is_enabled();
  const std::int64_t copies = apart ? task_count : 1;
  w1 = w1.repeat_interleave(copies, 0).contiguous();
  w2 = w2.repeat_interleave(copies, 0);
  const at::Tensor weights = apart ? by_task(alpha, tasks, copies) : alpha;
  const kernels::Assignments list = kernels::dispatch(weights, k);
  const at::Tensor b1 = at::zeros({w1.size(0), rank}, w1.options().requires_grad(false)),
                   b2 = at::zeros({w1.size(0), width}, b1.options());
  Output output;
  output.y = kernels::expert_mlp(x, list.tokens, list.weights, list.offsets, w1, b1, w2, b2, activation_);
  if (!at::GradMode::is_enabled()) return output;
  const bool all_have_gradients = parameters.picking == "all" || parameters.mask == "mean" || parameters.alpha.frozen;
  if (parameters.straight_through && !all_have_gradients) {
    const at::Tensor picked = picked_mask(subspaces.picked, down.size(1));
    output.y = straight_through(output.y, soft_masks(scores(), parameters, subspaces.picked), picked, x, alpha, down,
                                up, activation_);
  }
  const at::Tensor of_task = weights.detach().abs().sum(0).view({experts_, copies});
  output.taps = {{subspaces.picked, subspaces.mask.detach()}, w1, w2, of_task / of_task.sum(0).clamp_min(1e-12)};
  return output;
}

}  // namespace tessera
