// What happened in a step, handed to the metrics.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "core/moe/router_losses.h"

namespace tessera {

// Tensors are double unless said otherwise, and on the CPU; shapes as in formulas.h. Only what the metrics due need is
// filled in. Of a layer whose experts are subspaces of a backbone with D dimensions: this step's.
struct SubspaceObservation {
  at::Tensor picked;         // bool [E, D]
  at::Tensor picked_before;  // likewise, at the last regular point of the curves before; nothing before the first
  at::Tensor scores, open;   // [E, D]: what dimensions are ranked by; sigmoid(scores / temperature)
  at::Tensor cosines;        // [D, T, T]: of the tasks' gradients on each dimension; 0 where one has none
  at::Tensor task_gram;      // [T, T]: inner products of the tasks' gradients of the backbone
  at::Tensor task_share;     // [E, T]: of a task's weight, what went to an expert
  double task_norm = 0, conflict_norm = 0, penalty_norm = 0;  // of the parts of alpha's gradient
};

struct LayerObservation {
  at::Tensor alpha, scores;                    // [T, E]: of this step's batch; scores as comparable_scores() has them
  at::Tensor dropped;                          // bool [T, E]: of this step's batch; undefined: no capacity
  at::Tensor load;                             // [E]: assignments since the last point of the curves
  at::Tensor score_jacobian, weight_jacobian;  // [T, E, E]: of some tokens of this step's batch; undefined for tiles
  at::Tensor routed, together;                 // [E, C], [E, E]: since the last heatmaps
  at::Tensor routed_by_token_class;            // [E, token classes]: as routed
  at::Tensor chosen_by_id, occurrences;  // [E, V], [V]: tokens with an id that chose an expert, and all; as routed
  at::Tensor test_load;                  // [E]: assignments of the test samples
  at::Tensor routing_by_task;            // [E, tasks]: mean weight of an expert on the test samples of each task
  double kept_choices = 0;               // see ChoiceHistory::add
  at::Tensor choices;                    // see ChoiceHistory::pairs
  at::Tensor router_gram, experts_gram;  // [G, G]: of the groups' gradients; the former undefined for tiles
  std::optional<double> temperature;     // none for tiles
  std::optional<SubspaceObservation> subspaces;  // none: experts of another kind
};

struct DimensionObservation {  // of a quarter of each backbone's dimensions
  double sharpness = 0;
  double places = 0;           // pairs of an expert and a dimension that it picked
  std::vector<double> damage;  // by task: rise of its loss without them, nats; NaN: it was not tested
  std::vector<double> errors;  // standard errors of it
};

struct RegulatorObservation {  // in doublings; NaN: no reward yet
  double quota = 0, temperature = 0, penalty = 0, reward = std::numeric_limits<double>::quiet_NaN();
};

// Of tasks one after another, by what a model is told while it is tested.
struct ScenarioAccuracies {
  at::Tensor task_il;   // the largest logit among the classes of the task wins: the task is told, never the tile
  at::Tensor class_il;  // among the classes of all tasks that have begun
  // Among the classes of the tile that a router inferred (core/learn/tile_inference.h); undefined: none does.
  at::Tensor class_mean, entropy, classifier;
};

struct SequenceObservation {      // of tasks one after another
  std::int64_t task = 0;          // that is learned now
  ScenarioAccuracies now, after;  // [tasks]; [tasks, tasks]: row t those after task t. NaN: none, not yet
};

struct MosaicObservation {               // of tiles
  std::vector<std::vector<int>> layout;  // in force: classes of each tile
  at::Tensor learned, best;              // [classes]: accuracy on each (in a sequence, the task told), and the best yet
};

// Experts of a head, how they become alike. See core/learn/attractor.h.
struct AttractorObservation {
  std::vector<at::Tensor> outputs;  // [N, K_e] of each: what it makes of the same samples
  std::vector<at::Tensor> weights;  // [width x K_e] of each
  at::Tensor gradients;             // [E, S]: norms; NaN: samples of a task that hasn't begun
  double freezing = 0, perturbation = 0;
  double slope = std::numeric_limits<double>::quiet_NaN();       // of the similarity, per epoch
  double task_slope = std::numeric_limits<double>::quiet_NaN();  // of the task so far
  bool turned = false;                                           // the slope has another sign than before
};

struct LossObservation {
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  double total = 0, task = 0;
  double redundancy = nan, imitation = nan, holding = nan;     // NaN: off
  std::array<std::optional<double>, router_loss_count> parts;  // by RouterLoss: coefficient x value; none when off
};

struct Observation {
  LossObservation loss;
  double rate = 0;                               // learning rate
  double train_accuracy = 0, test_accuracy = 0;  // fractions
  double test_loss = 0;                          // mean cross entropy of the test samples, nats
  std::vector<double> task_accuracy;             // of several tasks: of each, on its test samples; NaN: it has none
  double blind_accuracy = 0;                     // of several tasks: on the test samples, the task withheld
  RegulatorObservation regulator;
  SequenceObservation sequence;
  MosaicObservation mosaic;
  AttractorObservation attractor;
  DimensionObservation shared_dimensions, exclusive_dimensions;  // the most and the least shared
  at::Tensor encoder_gram;                                       // [G, G]
  std::vector<LayerObservation> layers;                          // routed layers
};

}  // namespace tessera
