// Conflict between groups of classes: inner products of their gradients on probe samples.
#pragma once

#include "core/data/groups.h"
#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

struct ConflictGrams {
  // [G, G] double on the CPU; sums over all weights of a scope. Of attention there is none.
  at::Tensor encoder;
  std::vector<at::Tensor> routers;  // of each routed layer; undefined for tiles, which have no router
  std::vector<at::Tensor> experts;  // of each routed layer
};

// The same training samples throughout a run, drawn from a generator of their own: measuring disturbs no training.
// Their answers are those of the moment: they drift with the task.
class Probes {
 public:
  // Throws InputError when a group has no training sample. A group with fewer than `samples` gives all it has.
  Probes(const Task& task, const Groups& groups, std::int64_t samples, std::int64_t seed);

  // One forward and backward pass a group, of the mean task loss, as training has it. Leaves no trace in the model.
  ConflictGrams measure(const Model& model) const;

 private:
  const Task* task_;
  std::vector<std::vector<std::int64_t>> groups_;  // of each, training samples by index
};

}  // namespace tessera
