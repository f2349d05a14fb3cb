// Supervised learning: one step is a batch, forward, backward, AdamW.
#pragma once

#include "core/learn/adamw.h"
#include "core/learn/continual.h"
#include "core/learn/subspace_dynamics.h"
#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

// What happened in a step. Nothing in it has a gradient any more.
struct StepResult {
  ModelOutput output;  // of the batch, before learning from it
  Samples batch;
  at::Tensor total;                     // scalar: task loss and all that is added to it
  at::Tensor imitation, holding;        // scalars: what continual learning adds; undefined: nothing
  std::vector<SubspaceStep> subspaces;  // of each MoE layer whose experts are subspaces
};

class Learner {
 public:
  // seed: of what is random in a step. make_model: see Continual.
  Learner(Model& model, Task& task, const LearnParameters& parameters, const ContinualParameters& continual,
          std::int64_t seed, const std::function<std::unique_ptr<Model>()>& make_model = {});
  // Not copyable or movable
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  StepResult step();
  void lay_tiles(const TileLayout& tiles);   // of the model's mosaic head, anew; see head.h
  void begin_task();                         // another one of a sequence, before its first step
  void end_task(const StepResult& of_last);  // after its last step

  LearnParameters live;
  Continual continual;                  // of tasks one after another
  AdamW optimiser;                      // of all weights but subspaces' alphas
  std::vector<AdamW> alpha_optimisers;  // one an alpha, in the order of the layers

 private:
  PassKind training_pass() const;
  std::vector<at::Tensor> combined_gradients(const StepResult& result, const PassKind& pass,
                                             const std::vector<at::Tensor>& wanted) const;
  void step_alphas(const std::vector<at::Tensor>& gradients, StepResult& result);

  Model& model_;
  Task& task_;
  std::vector<at::Tensor> weights_, alphas_;
  std::int64_t seed_;
};

}  // namespace tessera
