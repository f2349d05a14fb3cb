// How a head's experts become alike while they learn (seed 003: the Gaussian attractor). What they make of samples is
// measured on the same ones of all classes throughout; gradients are of those among them whose task has begun. Nothing
// here changes the model.
#pragma once

#include "core/measure/observation.h"
#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

class Attractor {
 public:
  // seed: of which samples are looked at.
  Attractor(const Model& model, const Task& task, std::int64_t seed);

  // Where gradients come from: the tiles of a mosaic head in force, by the samples of their classes, of linear experts
  // the tasks; without a sequence, the classes.
  ClassSequence sources() const;

  // All but the slopes and freezing. loss_over: of learn.continual, which classes compete in the losses that gradients
  // are of.
  AttractorObservation measure(const std::string& loss_over) const;

 private:
  std::vector<at::Tensor> expert_weights() const;                     // of each expert one after another
  at::Tensor norms(const at::Tensor& loss, std::size_t parts) const;  // double [E], of the gradient of each expert

  const Model& model_;
  const Task& task_;
  std::vector<std::vector<std::int64_t>> samples_;  // of each class
};

// The slope of the experts' similarity while a task is learned, and where it turns.
class SimilarityTrend {
 public:
  SimilarityTrend();
  void begin_task();
  // A point; epoch: passes through the task's samples so far.
  void add(double epoch, double similarity);
  double slope() const;       // per epoch, least squares over the last six points of the task; NaN: fewer than three
  double task_slope() const;  // over all points of the task
  // Whether the last point turned it: the slope is beyond two of its standard errors, and the last one of the task that
  // was had the other sign.
  bool turned() const;

  std::vector<ModelState> states() const;

 private:
  at::Tensor points_;  // double [most points, 2] of the task: epoch, similarity
  at::Tensor count_;   // int64 []
  at::Tensor sign_;    // double [2]: of the last certain slope, 0: none yet; whether the last point turned it
};

}  // namespace tessera
