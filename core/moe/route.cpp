#include "core/moe/route.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "core/moe/capacity.h"
#include "core/moe/gate_spec.h"
#include "core/moe/noise.h"

namespace tessera {
namespace {

// Chosen scores to weights, where the choice was not the gate's. mask: bool [T, E].
at::Tensor weigh(const at::Tensor& scores, const at::Tensor& mask, const RouterParameters& router) {
  const at::Tensor chosen = scores * mask;
  const auto divided = [&](const at::Tensor& sum) { return chosen / sum.masked_fill(sum == 0, 1); };
  at::Tensor alpha = chosen;
  if (router.normalise == "sum") alpha = divided(chosen.sum(1, true));
  if (router.normalise == "l1") alpha = divided(chosen.abs().sum(1, true));
  if (router.normalise == "softmax") {
    const at::Tensor others = scores.masked_fill(~mask, -std::numeric_limits<double>::infinity());
    alpha = at::softmax(others, 1).masked_fill(~mask.any(1, true), 0);
  }
  return alpha * router.scale;
}

at::Tensor one_hot(const at::Tensor& index, const at::Tensor& like) {
  return at::zeros_like(like, like.options().dtype(at::kBool).requires_grad(false)).scatter(1, index, true);
}

// [T, E], one a row: the expert with the largest weight of those that have any; ties to the lower index.
at::Tensor best(const at::Tensor& alpha) {
  const at::Tensor weights = alpha.detach();
  return one_hot(weights.masked_fill(weights == 0, -std::numeric_limits<double>::infinity()).argmax(1, true), weights);
}

// Each expert's best tokens, ties to the earlier one (Zhou et al. 2022, eq. 2).
at::Tensor experts_choice(const at::Tensor& scores, const RouterParameters& router, const TokenContext& context) {
  const std::int64_t tokens = scores.size(0);
  const std::int64_t wanted = *expert_capacity(router.capacity, context.training, tokens, scores.size(1));
  const std::int64_t count = std::min(std::max<std::int64_t>(wanted, 1), tokens);
  const at::Tensor order = std::get<1>(scores.detach().sort(/*stable=*/true, /*dim=*/0, /*descending=*/true));
  return at::zeros_like(scores, scores.options().dtype(at::kBool).requires_grad(false))
      .scatter(0, order.narrow(0, 0, count), true);
}

// The best expert, and another one drawn in proportion to exp(logits / temperature) (NLLB-MoE's "sampling": the largest
// of logits with Gumbel noise).
at::Tensor best_and_drawn(const at::Tensor& logits, const at::Tensor& alpha, const RouterParameters& router,
                          const TokenContext& context) {
  const at::Tensor first = best(alpha);
  const at::Tensor uniform = random_uniform(logits, context.noise, Noise::second).clamp_min_(1e-20);
  const at::Tensor noisy = logits.detach() / router.temperature - uniform.log().neg().log();
  const at::Tensor others = noisy.masked_fill(first, -std::numeric_limits<double>::infinity());
  return first | one_hot(others.argmax(1, true), alpha);
}

// bool [T, E]: false for second experts that are left out. One of weight w, before the scale, stays with probability
// min(1, w / threshold) (GShard, algorithm 1; mesh-tensorflow's second_policy_train "random").
at::Tensor lucky_second(const at::Tensor& alpha, const RouterParameters& router, const TokenContext& context) {
  const at::Tensor weights = alpha.detach();
  const at::Tensor draw = random_uniform(weights.select(1, 0).unsqueeze(1), context.noise, Noise::second);
  return best(alpha) | (draw < weights / (router.second.threshold * router.scale));
}

// Of a choice that was made after the gate: what losses are made of. Of the sums, those of the scores and logits stay.
void count_again(RouteOutput& routed) {
  routed.importance = routed.alpha.sum(0);
  const at::Tensor magnitude = routed.alpha.abs(), size = magnitude.sum(1, true);
  const at::Tensor p = magnitude / size.masked_fill(size == 0, 1);
  const at::Tensor entropy = -(p * p.clamp_min(1e-30).log()).sum();
  routed.sums = at::stack({entropy, (size != 0).sum().to(entropy.scalar_type()),
                           routed.sums.select(0, kernels::scored_rows), routed.sums.select(0, kernels::squares_sum)});
  const at::NoGradGuard no_grad;
  const at::Tensor chosen = routed.alpha != 0;
  routed.load = chosen.sum(0).to(routed.alpha.scalar_type());
  routed.first = (best(routed.alpha) & chosen).sum(0).to(routed.alpha.scalar_type());
}

RouteOutput soft(const at::Tensor& logits, const RouterParameters& router) {
  const at::Tensor by_expert = logits.view({logits.size(0), -1, router.slots});
  RouteOutput routed;
  static_cast<kernels::GateOutput&>(routed) =
      kernels::gate(router.temperature * at::logsumexp(by_expert / router.temperature, 2), gate_spec(router));
  routed.alpha = routed.scores * router.scale;
  routed.importance = routed.importance * router.scale;
  const at::Tensor squares = at::logsumexp(logits, 1).square().sum();  // of the slots' logits, as they are
  routed.sums = at::cat({routed.sums.narrow(0, 0, kernels::squares_sum), squares.unsqueeze(0)});
  routed.dispatch = at::softmax(logits / router.temperature, 0);
  routed.combine = at::softmax(logits / router.temperature, 1) * router.scale;
  return routed;
}

void limit(RouteOutput& routed, const RouterParameters& router, const TokenContext& context) {
  const at::Tensor fits = within_capacity(routed.alpha, router.capacity, context);
  if (!fits.defined()) return;
  routed.dropped = ~fits;
  at::Tensor kept = routed.alpha * fits;
  if (router.capacity.dropped == "renormalise") {
    const at::Tensor sum = kept.sum(1, true);
    kept = kept * (routed.alpha.sum(1, true) / sum.masked_fill(sum == 0, 1));
  }
  routed.alpha = kept;
}

}  // namespace

std::int64_t most_assignments(const RouterParameters& router) {
  if (router.selection == "top_k") return router.k;
  return router.selection == "winner_take_all" ? 1 : 0;
}

RouteOutput route(const at::Tensor& logits, const RouterParameters& router, const at::Tensor& bias,
                  const TokenContext& context) {
  if (router.selection == "soft") return soft(logits, router);
  // A threshold is one of scores: the gate compares them when there is a bias.
  const bool needs_bias = router.selection == "threshold" && !bias.defined();
  RouteOutput routed;
  static_cast<kernels::GateOutput&>(routed) =
      kernels::gate(logits, gate_spec(router), needs_bias ? at::zeros_like(logits[0]).detach() : bias);
  const bool draws = context.training && router.selection == "top_k" && router.second.policy != "all";
  if (router.selection == "expert_choice") {
    routed.alpha = weigh(routed.scores, experts_choice(routed.scores, router, context), router);
    count_again(routed);
    return routed;
  }
  if (draws) {
    routed.alpha = router.second.policy == "sampling"
                       ? weigh(routed.scores, best_and_drawn(logits, routed.alpha, router, context), router)
                       : routed.alpha * lucky_second(routed.alpha, router, context);
    count_again(routed);
  }
  limit(routed, router, context);
  return routed;
}

at::Tensor comparable_scores(const at::Tensor& scores, const RouterParameters& router) {
  return router.score == "none" && router.logits.kind != "hash" ? scores.softmax(1) : scores;
}

}  // namespace tessera
