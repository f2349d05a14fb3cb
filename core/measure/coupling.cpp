// Who pays when one logit rises.
#include <ATen/ATen.h>

#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

double coupling(const at::Tensor& jacobian) {
  const at::Tensor size = jacobian.abs();
  const double all = size.sum().item<double>();
  const double own = size.diagonal(0, 1, 2).sum().item<double>();
  return all > 0 ? (all - own) / all : std::numeric_limits<double>::quiet_NaN();
}

namespace {

double of(const at::Tensor& jacobian) {
  return jacobian.defined() ? coupling(jacobian) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

void add_coupling(std::vector<Metric>& metrics, const Subject& subject) {
  constexpr bool tiles = false;
  MetricSpec spec;
  spec.unit = "share";
  spec.high = 0.5;
  spec.family = "score_coupling";
  spec.title = "score coupling";
  spec.definition =
      "Of all that the scores change when a logit does, the part that falls on the other experts, for tokens of this "
      "batch. Scores of a fixed sum (softmax, sparsemax): 0.5, what one gains the others lose. Independent ones "
      "(sigmoid, ReLU): 0. With score none: of the logits' softmax, which the weights are made of.";
  spec.formula = "sum_{i != j} |ds_i / dz_j| / sum_ij |ds_i / dz_j|";
  add_for_layers(
      metrics, subject, spec, Due::matrices, [](const LayerObservation& layer) { return of(layer.score_jacobian); },
      tiles);

  spec.family = "weight_coupling";
  spec.title = "weight coupling";
  spec.definition =
      "The same of the weights in the end: after the choice, which couples nothing, and the normalisation, which "
      "couples the chosen ones whatever the score.";
  spec.formula = "sum_{i != j} |dw_i / dz_j| / sum_ij |dw_i / dz_j|";
  add_for_layers(
      metrics, subject, spec, Due::matrices, [](const LayerObservation& layer) { return of(layer.weight_jacobian); },
      tiles);
}

}  // namespace tessera
