#include "core/moe/router.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <numbers>

#include "core/moe/gate_spec.h"
#include "core/moe/hash_logits.h"
#include "core/moe/noise.h"

namespace tessera {
namespace {

at::Tensor gaussian_logits(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& log_deviation) {
  const at::Tensor inverse = at::exp(-2 * log_deviation);  // [width, experts]: 1 / variance
  const at::Tensor constant = (mean.square() * inverse / 2 + log_deviation).sum(0) +
                              0.5 * static_cast<double>(x.size(1)) * std::log(2 * std::numbers::pi);
  return at::mm(x, mean * inverse) - at::mm(x.square(), inverse) / 2 - constant;
}

at::Tensor unit(const at::Tensor& x, std::int64_t dimension) {
  return x / x.norm(2, {dimension}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace

Router::Router(int layer, std::int64_t width, std::int64_t experts, std::int64_t tasks,
               const RouterParameters& parameters, Initialiser& initialiser)
    : layer_(layer), experts_(experts) {
  const std::string prefix = "layer" + std::to_string(layer) + ".router.";
  const std::int64_t outputs = parameters.selection == "soft" ? experts * parameters.slots : experts;
  const std::string& kind = parameters.logits.kind;
  if (kind == "linear" || kind == "cosine") {
    weight_ = initialiser.add(prefix + "weight", Scope::router, layer, {width, outputs}, linear_bound(width));
    if (parameters.logits.bias) bias_ = initialiser.add(prefix + "bias", Scope::router, layer, {outputs}, 0);
  } else if (kind == "gaussian") {
    mean_ = initialiser.add_normal(prefix + "mean", Scope::router, layer, {width, outputs});
    log_deviation_ = initialiser.add(prefix + "log_deviation", Scope::router, layer, {width, outputs}, 0);
  }
  if (tasks > 1) task_bias_ = initialiser.add_normal(prefix + "task_bias", Scope::router, layer, {tasks, outputs});
  selection_bias_ = initialiser.add_state(prefix + "selection_bias", {experts});
  l1_coefficient_ = initialiser.add_state(prefix + "l1_coefficient", {});
}

at::Tensor Router::logits(const at::Tensor& x, const RouterParameters& parameters, const TokenContext& context) const {
  if (parameters.logits.kind == "hash") {
    TORCH_CHECK(context.ids.defined(), "a hash router needs the tokens' ids");
    return hash_logits(context.ids, layer_, experts_, x.options().requires_grad(false));
  }
  at::Tensor input = x;
  if (context.training && parameters.input.jitter > 0) {
    const at::Tensor random = random_uniform(input, context.noise, Noise::jitter);
    input = input * (1 + parameters.input.jitter * (2 * random - 1));
  }
  if (parameters.input.layer_norm) input = at::layer_norm(input, {input.size(1)});
  if (parameters.logits.kind == "gaussian") {
    return with_task(gaussian_logits(input, mean_, log_deviation_), parameters, context);
  }
  at::Tensor z = parameters.logits.kind == "cosine" ? at::mm(unit(input, 1), unit(weight_, 0)) * parameters.logits.scale
                                                    : at::mm(input, weight_);
  if (bias_.defined()) z = z + bias_;
  return with_task(z, parameters, context);
}

at::Tensor Router::with_task(const at::Tensor& logits, const RouterParameters& parameters,
                             const TokenContext& context) const {
  const double ratio = parameters.task.ratio;
  if (!task_bias_.defined() || ratio == 0) return logits;
  const auto norm = [&](const at::Tensor& z) { return at::layer_norm(z, {z.size(1)}); };
  const at::Tensor of_features = norm(logits) * (1 - ratio);
  if (!context.tasks.defined()) return of_features;
  at::Tensor of_task = norm(task_bias_).index_select(0, context.tasks) * ratio;
  if (context.training && parameters.task.dropout > 0) {
    const at::Tensor random = random_uniform(logits.select(1, 0), context.noise, Noise::task_dropout);
    of_task = of_task * (random >= parameters.task.dropout).to(of_task.scalar_type()).unsqueeze(1);
  }
  return of_features + of_task;
}

bool Router::has_passes(const RouterParameters& p, bool training) const {
  const bool limited = p.capacity.tokens > 0 || (training ? p.capacity.train : p.capacity.test) > 0;
  const bool plain_choice = p.selection == "top_k" || p.selection == "dense";
  const bool draws = training && (p.input.jitter > 0 || p.second.policy != "all");
  const bool plain_logits = p.task.ratio == 0 || !task_bias_.defined();
  return plain_logits && p.logits.kind == "linear" && !bias_.defined() && !p.input.layer_norm && plain_choice &&
         !draws && !limited;
}

Routing Router::forward(const at::Tensor& x, const RouterParameters& parameters) const {
  const at::Tensor logits = at::mm(x, weight_);
  Routing routing{kernels::gate(logits, gate_spec(parameters), bias_in_force(parameters)), logits, {}, {}};
  routing.assignments = kernels::dispatch(routing.alpha, most_assignments(parameters));
  return routing;
}

at::Tensor Router::backward(const at::Tensor& x, const RouterParameters& parameters, const Routing& routing,
                            const at::Tensor& d_weights, const kernels::GateGradients& of_losses,
                            const at::Tensor& dx) const {
  kernels::GateGradients d = of_losses;
  d.alpha = kernels::dispatch_backward(d_weights, routing.assignments, routing.alpha.size(0));
  const at::Tensor d_logits = kernels::gate_backward(d, routing.logits, routing, gate_spec(parameters));
  at::Tensor(dx).addmm_(d_logits, weight_.t());
  return at::mm(x.t(), d_logits);
}

at::Tensor Router::bias_in_force(const RouterParameters& parameters) const {
  return parameters.bias.update == "none" ? at::Tensor() : selection_bias_;
}

void Router::update_state(const at::Tensor& load, std::int64_t tokens, const RouterParameters& parameters,
                          const RouterLossParameters& losses) {
  const at::NoGradGuard no_grad;
  if (parameters.bias.update != "none") {
    at::Tensor missing = load.mean() - load;
    if (parameters.bias.update == "sign") missing = missing.sign();
    const double rate = parameters.bias.reversed ? -parameters.bias.rate : parameters.bias.rate;
    selection_bias_.add_(missing.to(selection_bias_.scalar_type()), rate);
  }
  if (losses.l1.start == 0) {
    l1_coefficient_.zero_();
    return;
  }
  const at::Tensor begun = at::where(l1_coefficient_ == 0, losses.l1.start, l1_coefficient_);
  const at::Tensor too_many = load.sum() > losses.l1.target * static_cast<double>(tokens);
  l1_coefficient_.copy_(at::where(too_many, begun * losses.l1.factor, begun / losses.l1.factor));
}

}  // namespace tessera
