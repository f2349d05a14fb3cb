// Learning tasks one after another: which weights move, and what is done against forgetting.
#pragma once

#include <functional>
#include <memory>

#include "core/learn/continual_parameters.h"
#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

class Continual {
 public:
  // weights: those that an optimiser steps, in its order. make_model: another model with the same outline, for what
  // imitates the one before.
  Continual(Model& model, const Task& task, std::vector<Weight> weights, const ContinualParameters& parameters,
            std::int64_t seed, const std::function<std::unique_ptr<Model>()>& make_model);

  ContinualParameters live;

  bool encoder_stays() const;  // as it is, in the task that is learned now
  // What each weight's learning rate is multiplied by in the next step; 0: it stays as it is. Empty: 1 for all.
  std::vector<double> rates() const;
  double frozen_share() const;  // of the elements of the head's experts: those that stay as they are in the next step
  // Before the first step of a task but the first: the weights that are drawn anew; whoever steps them forgets what it
  // knew of them.
  std::vector<std::size_t> begin_task();
  // The batch, and samples of earlier tasks where they are replayed. step: number of steps done.
  Samples with_memory(Samples batch, std::int64_t step) const;
  // Scalar, added to the loss: imitation of the model before. Undefined: none. output: of the batch.
  at::Tensor imitation(const Samples& batch, const ModelOutput& output) const;
  // Adds what holds weights to their gradients; its value, a scalar, undefined: none.
  at::Tensor hold(std::vector<at::Tensor>& gradients) const;
  // The model's tiles were laid anew like this.
  void lay_tiles(const TileLayout& tiles, const TileMove& move);
  // After the last step of a task. last: routings of that step.
  void end_task(const std::vector<Routing>& last);

  // All that lasts between steps, by name.
  std::vector<ModelState> states() const;

 private:
  void estimate_fisher();
  void freeze_tiles();
  std::vector<std::int64_t> memory_of(std::int64_t stage) const;

  Model& model_;
  const Task& task_;
  std::vector<Weight> weights_;
  std::int64_t seed_;
  std::vector<at::Tensor> importance_, anchored_, constant_;  // of ewc, a weight each: sums of F, F w* and F w*^2
  std::unique_ptr<Model> before_;                             // of lwf
  mutable std::vector<std::int64_t> memory_;                  // of replay, made anew when a task begins
  mutable std::int64_t memory_stage_ = -1;
  at::Tensor frozen_;  // int64 [experts of the head]: 1 for those that stay as they are
};

}  // namespace tessera
