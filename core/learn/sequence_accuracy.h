// How a model does on each of several tasks that are learned one after another.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/learn/tile_inference.h"
#include "core/measure/observation.h"
#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

struct SequenceAccuracy {
  ScenarioAccuracies tasks;         // double [tasks] each: of the test samples of a task's classes
  at::Tensor classes;               // double [outputs]: of each class, its task told; NaN: none of its samples
  std::vector<at::Tensor> routing;  // of each routed layer, double [experts, tasks]: mean weight on a task's samples
};
// Of the first so many test samples; NaN where there is none among them. begun: how many tasks have begun; but for
// task_il tasks have NaN before. inference: null: no tile is inferred. In chunks, without gradients.
SequenceAccuracy sequence_accuracy(const Model& model, const Task& task, std::int64_t begun, std::int64_t samples,
                                   const TileInference* inference = nullptr);

// bool [outputs], on the CPU: of tasks that have begun.
at::Tensor classes_begun(const Task& task);

// What a model's training losses may range over, [1, outputs]: 0 for an output, -inf for another; undefined: all of
// them. over: all, seen (the classes of tasks that have begun) or task (those of the one that is learned now; of all
// when tasks are learned at once).
at::Tensor outputs_in_force(const Task& task, const std::string& over, const at::TensorOptions& options);

}  // namespace tessera
