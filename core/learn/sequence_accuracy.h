// How a model does on each of several tasks that are learned one after another.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

// Accuracies of the tasks of a sequence, double [tasks] on the CPU: of each, on the test samples of its classes.
struct SequenceAccuracy {
  at::Tensor task_il;   // the largest logit among the classes of the task wins: the task is told, never the tile
  at::Tensor class_il;  // among the classes of all tasks that have begun; NaN for those that haven't
};
// Of the first so many test samples, NaN for a task without any among them; begun: tasks that have begun. In chunks,
// without gradients.
SequenceAccuracy sequence_accuracy(const Model& model, const Task& task, std::int64_t begun, std::int64_t samples);

// What a model's training losses may range over, [1, outputs]: 0 for an output, -inf for another; undefined: all of
// them. over: all, seen (the classes of tasks that have begun) or task (those of the one that is learned now; of all
// when tasks are learned at once).
at::Tensor outputs_in_force(const Task& task, const std::string& over, const at::TensorOptions& options);

}  // namespace tessera
