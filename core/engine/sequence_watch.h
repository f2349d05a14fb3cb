// What an experiment run knows of tasks one after another: how it did after each, and which tile it would infer.
#pragma once

#include <memory>

#include "core/learn/learner.h"
#include "core/learn/sequence_accuracy.h"
#include "core/learn/tile_inference.h"
#include "core/measure/measure_parameters.h"
#include "core/measure/observation.h"

namespace tessera {

class SequenceWatch {
 public:
  SequenceWatch(const Model& model, const Task& task, const MeasureParameters& measure, std::int64_t seed);

  // After each step.
  void learn(const StepResult& result, const LearnParameters& parameters);
  void tiles_were_laid(const TileLayout& before);  // the model's, anew
  // At a point of the test curves, or where a task ends: then all test samples count, and the figures are kept.
  void observe(bool task_ends, Observation& seen);

  std::vector<ModelState> states() const;  // all that lasts

 private:
  bool idle() const { return task_.outline().sequence.empty(); }

  const Model& model_;
  const Task& task_;
  std::int64_t test_samples_;
  ScenarioAccuracies after_;                  // [tasks, tasks] each: row t after task t; NaN: not measured
  at::Tensor best_;                           // [outputs]: of each class, its task told, after any task
  std::unique_ptr<TileInference> inference_;  // null: off
};

}  // namespace tessera
