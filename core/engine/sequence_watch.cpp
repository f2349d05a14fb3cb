#include "core/engine/sequence_watch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace tessera {
namespace {

constexpr at::Tensor ScenarioAccuracies::*scenarios[] = {&ScenarioAccuracies::task_il, &ScenarioAccuracies::class_il,
                                                         &ScenarioAccuracies::class_mean, &ScenarioAccuracies::entropy,
                                                         &ScenarioAccuracies::classifier};
constexpr const char* names[] = {"task_il", "class_il", "class_mean", "entropy", "classifier"};
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

SequenceWatch::SequenceWatch(const Model& model, const Task& task, const MeasureParameters& measure, std::int64_t seed)
    : model_(model), task_(task), test_samples_(measure.test_samples) {
  if (idle()) return;
  if (measure.inferred_tiles) inference_ = std::make_unique<TileInference>(model, task, seed);
  const auto tasks = static_cast<std::int64_t>(task.outline().sequence.size());
  const std::size_t measured = inference_ ? std::size(scenarios) : 2;
  for (std::size_t i = 0; i < measured; ++i) after_.*scenarios[i] = at::full({tasks, tasks}, nan, at::kDouble);
  best_ = at::full({task.outline().outputs}, nan, at::kDouble);
}

void SequenceWatch::learn(const StepResult& result, const LearnParameters& parameters) {
  if (inference_) inference_->learn(result.output.features, result.batch.targets, parameters);
}

void SequenceWatch::tiles_were_laid(const TileLayout& before) {
  if (inference_) inference_->tiles_were_laid(before);
}

void SequenceWatch::observe(bool task_ends, Observation& seen) {
  if (idle()) return;
  const std::int64_t all = task_.test_samples(), stage = task_.stage();
  const std::int64_t samples = task_ends || test_samples_ == 0 ? all : std::min(test_samples_, all);
  if (task_ends && inference_) inference_->take_means();
  SequenceAccuracy now =
      sequence_accuracy(model_, task_, task_.begun(), samples, task_ends ? inference_.get() : nullptr);
  for (const auto which : scenarios) {
    if (task_ends && (now.tasks.*which).defined()) (after_.*which)[stage].copy_(now.tasks.*which);
  }
  if (task_ends) best_.copy_(at::fmax(best_, at::where(classes_begun(task_), now.classes, nan)));
  seen.sequence.now = std::move(now.tasks);
  seen.sequence.after = after_;
  seen.mosaic.learned = std::move(now.classes);
  seen.mosaic.best = best_;
  for (std::size_t i = 0; i < now.routing.size(); ++i) seen.layers[i].routing_by_task = std::move(now.routing[i]);
}

std::vector<ModelState> SequenceWatch::states() const {
  std::vector<ModelState> states;
  if (idle()) return states;
  for (std::size_t i = 0; i < std::size(scenarios); ++i) {
    const at::Tensor& matrix = after_.*scenarios[i];
    if (matrix.defined()) states.push_back({std::string("sequence.") + names[i], matrix});
  }
  states.push_back({"sequence.best", best_});
  if (inference_) {
    for (ModelState& state : inference_->states()) states.push_back(std::move(state));
  }
  return states;
}

}  // namespace tessera
