// Supervised learning: one step is a batch, forward, backward, AdamW.
#pragma once

#include "core/learn/adamw.h"
#include "core/moe/model.h"
#include "core/tasks/classification.h"

namespace tessera {

// What happened in a step. Nothing in it has a gradient any more.
struct StepResult {
  ModelOutput output;  // of the batch, before learning from it
  at::Tensor labels;   // int64 [samples]
  at::Tensor total;    // scalar: task loss + router losses
};

class Learner {
 public:
  // seed: of what is random in a step.
  Learner(Model& model, ClassificationTask& task, const LearnParameters& parameters, std::int64_t seed);
  // Not copyable or movable
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  StepResult step();

  LearnParameters live;
  AdamW optimiser;

 private:
  PassKind training_pass() const;

  Model& model_;
  ClassificationTask& task_;
  std::vector<at::Tensor> weights_;
  std::int64_t seed_;
};

}  // namespace tessera
