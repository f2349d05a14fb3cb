// What an experiment run hands to its metrics.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/engine/experiment_run.h"
#include "core/learn/dimension_probe.h"
#include "core/measure/formulas.h"
#include "core/moe/jacobian.h"

namespace tessera {
namespace {

constexpr std::int64_t most_jacobian_tokens = 64;

at::Tensor on_cpu(const at::Tensor& tensor) { return tensor.to(at::kCPU, at::kDouble); }

}  // namespace

void ExperimentRun::observe_test(std::int64_t step, bool all, Observation& seen) {
  const Evaluation made = evaluator_.evaluate(model_, all, held_out());
  seen.test_accuracy = made.accuracy;
  seen.test_loss = made.loss;
  seen.task_accuracy = made.task_accuracy;
  seen.blind_accuracy = made.blind.value_or(0);
  if (!seen.mosaic.layout.empty() && task_->outline().sequence.empty()) {
    best_by_class_.copy_(at::fmax(best_by_class_, made.class_accuracy));
    seen.mosaic.learned = made.class_accuracy;
    seen.mosaic.best = best_by_class_;
  }
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    seen.layers[i].test_load = made.loads[i];
    seen.layers[i].kept_choices = choices_[i].add(step, made.choices[i]);
    if (all) seen.layers[i].choices = choices_[i].pairs();
  }
}

void ExperimentRun::observe_attractor(std::int64_t step, bool now, bool task_ends, Observation& seen) {
  if (!attractor_) return;
  if (now) {
    seen.attractor = attractor_->measure(learner_.continual.live.loss_over);
    seen.attractor.freezing = learner_.continual.frozen_share();
    std::vector<at::Tensor> rows;
    for (const at::Tensor& output : seen.attractor.outputs) rows.push_back(output.flatten());
    const std::vector<std::int64_t> samples = task_->stage_samples();
    const auto epoch = static_cast<double>(samples.empty() ? task_->train_labels().size() : samples.size());
    const auto drawn = static_cast<double>((step + 1 - task_->stage_began()) * task_->batch_size());
    trend_.add(drawn / epoch, mean_of_pairs(pair_cosines(rows)));
    seen.attractor.slope = trend_.slope();
    seen.attractor.turned = trend_.turned();
  }
  if (task_ends) seen.attractor.task_slope = trend_.task_slope();
}

void ExperimentRun::observe_scalars(const StepResult& result, bool whole, Observation& seen) const {
  seen.loss.total = result.total.item<double>();
  seen.loss.task = result.output.task_loss.item<double>();
  const at::Tensor& parts = result.output.router_losses;
  std::array<bool, router_loss_count> on{};
  for (const RouterLossParameters& c : model_.live.losses) {
    const auto of_layer = losses_on(c);
    for (std::size_t i = 0; i < on.size(); ++i) on[i] = on[i] || of_layer[i];
  }
  for (std::size_t i = 0; i < on.size(); ++i) {
    if (on[i]) seen.loss.parts[i] = parts[static_cast<std::int64_t>(i)].item<double>();
  }
  const auto value = [](const at::Tensor& part) { return part.defined() ? part.item<double>() : LossObservation::nan; };
  seen.loss.redundancy = value(result.output.redundancy);
  seen.loss.imitation = value(result.imitation);
  seen.loss.holding = value(result.holding);
  seen.rate = learner_.live.rate;
  seen.regulator = observe_regulator();
  seen.train_accuracy = hits_.sum(whole).item<double>() / seen_.sum(whole).item<double>();
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const Routing& routing = result.output.routings[i];
    LayerObservation& layer = seen.layers[i];
    layer.alpha = on_cpu(routing.alpha);
    layer.scores = on_cpu(routing.scores);
    layer.load = on_cpu(windows_[i].load.sum(whole));
    if (routing.dropped.defined()) layer.dropped = routing.dropped.to(at::kCPU);
    if (i >= model_.live.routers.size()) continue;  // tiles
    const RouterParameters& router = model_.live.routers[i];
    layer.scores = comparable_scores(layer.scores, router);
    layer.temperature = router.temperature;
  }
}

void ExperimentRun::observe_subspaces(const StepResult& result, Observation& seen) const {
  std::size_t next = 0;
  for (std::size_t i = 0; i < model_.live.subspaces.size(); ++i) {
    const SubspaceBank* const bank = model_.subspaces(i);
    if (bank == nullptr) continue;
    const SubspaceStep& step = result.subspaces[next++];
    SubspaceObservation& made = seen.layers[i].subspaces.emplace();
    made.picked = step.picked.to(at::kCPU);
    made.picked_before = picked_before_[i].to(at::kBool);
    made.scores = on_cpu(step.scores);
    made.open = (made.scores / model_.live.subspaces[i].alpha.temperature).sigmoid();
    made.cosines = on_cpu(step.between_tasks.cosines);
    const at::Tensor gradients = on_cpu(step.by_task).flatten(1);
    made.task_gram = at::mm(gradients, gradients.t());
    made.task_share = on_cpu(step.task_share);
    made.task_norm = step.task_norm.item<double>();
    made.conflict_norm = step.conflict_norm.item<double>();
    made.penalty_norm = step.penalty_norm.item<double>();
  }
}

void ExperimentRun::remember_picked(const Observation& seen) {
  for (std::size_t i = 0; i < picked_before_.size(); ++i) {
    if (picked_before_[i].defined()) picked_before_[i].copy_(seen.layers[i].subspaces->picked);
  }
}

void ExperimentRun::observe_maps(const StepResult& result, bool whole, Observation& seen) const {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    seen.layers[i].routed = on_cpu(windows_[i].routed.sum(whole));
    seen.layers[i].together = on_cpu(windows_[i].together.sum(whole));
    seen.layers[i].routed_by_token_class = on_cpu(windows_[i].routed_by_token_class.sum(whole));
    seen.layers[i].chosen_by_id = on_cpu(windows_[i].chosen_by_id.sum(whole));
    seen.layers[i].occurrences = on_cpu(windows_[i].occurrences.sum(whole));
  }
  for (std::size_t i = 0; i < model_.live.routers.size(); ++i) {
    if (model_.live.routers[i].selection == "soft") continue;  // it has logits of slots
    const at::Tensor some = result.output.routings[i].logits.slice(0, 0, most_jacobian_tokens);
    const at::Tensor logits = some.detach().clone().requires_grad_();
    const RouteOutput routed = model_.route(i, logits);
    seen.layers[i].score_jacobian = on_cpu(jacobian(comparable_scores(routed.scores, model_.live.routers[i]), logits));
    seen.layers[i].weight_jacobian = on_cpu(jacobian(routed.alpha, logits));
  }
}

// What is in force in the first layer with subspaces, beside what would be without the regulator.
RegulatorObservation ExperimentRun::observe_regulator() const {
  RegulatorObservation made;
  std::size_t layer = 0;
  while (layer < subspaces_.size() && model_.subspaces(layer) == nullptr) ++layer;
  if (layer == subspaces_.size()) return made;
  const SubspaceParameters &now = model_.live.subspaces[layer], &preset = subspaces_[layer];
  const auto doublings = [](double a, double b) { return a == b ? 0 : std::log2(a / b); };
  const auto quota = [&](const SubspaceParameters& of) {
    return static_cast<double>(of.quota(model_.subspaces(layer)->count()));
  };
  made.quota = doublings(quota(now), quota(preset));
  made.temperature = doublings(now.alpha.temperature, preset.alpha.temperature);
  made.penalty = doublings(now.metabolic, preset.metabolic);
  made.reward = regulator_.reward().value_or(std::numeric_limits<double>::quiet_NaN());
  return made;
}

void ExperimentRun::observe_dimensions(Observation& seen) {
  constexpr std::int64_t of_sharpness = 512, of_damage = 4000;  // tokens
  const std::int64_t tokens = task_->outline().inputs.tokens();
  const auto samples_of = [&](std::int64_t count) { return std::max<std::int64_t>(1, count / tokens); };
  const SharedAndExclusive sets = dimension_sets(model_);
  if (sets.shared.empty()) return;
  std::vector<std::int64_t> first(static_cast<std::size_t>(
      std::min<std::int64_t>(samples_of(of_sharpness), static_cast<std::int64_t>(task_->train_labels().size()))));
  std::iota(first.begin(), first.end(), 0);
  const Samples samples = task_->pick(first);
  const std::int64_t tests = std::min(samples_of(of_damage), task_->test_samples() - held_out());
  const TokenLosses intact = token_losses(model_, *task_, tests);
  const auto observe = [&](const DimensionSets& dimensions) {
    DimensionObservation made;
    made.places = static_cast<double>(places(model_, dimensions));
    for (const Damage& of_task : ablation_damage(model_, *task_, dimensions, intact, tests)) {
      made.damage.push_back(of_task.rise);
      made.errors.push_back(of_task.error);
    }
    made.sharpness = sharpness(model_, *task_, dimensions, samples, /*seed=*/1);
    return made;
  };
  seen.shared_dimensions = observe(sets.shared);
  seen.exclusive_dimensions = observe(sets.exclusive);
}

void ExperimentRun::observe_conflict(Observation& seen) const {
  ConflictGrams grams = probes_.measure(model_);
  seen.encoder_gram = std::move(grams.encoder);
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    seen.layers[i].router_gram = std::move(grams.routers[i]);
    seen.layers[i].experts_gram = std::move(grams.experts[i]);
  }
}

}  // namespace tessera
