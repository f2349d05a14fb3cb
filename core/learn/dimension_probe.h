// What the dimensions of a backbone that many experts share are worth, beside those that few have (CDSP, seed 001, 3.2:
// shared ones hold general features, in flat minima).
#pragma once

#include <vector>

#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

// Of each layer whose experts are subspaces, int64 [n]: dimensions of its backbone.
using DimensionSets = std::vector<at::Tensor>;

// An eighth of each backbone: of the dimensions that experts picked, those that most of them did, and those that fewest
// did (`shared` false). Between equals the more open one counts as more shared. picked: as many for both, at least one.
DimensionSets dimension_set(const Model& model, bool shared);

// By how much the loss of each task rises, nats, when those dimensions are taken out: [tasks], of so many test samples
// (the first ones; all if there are fewer). The model is as before afterwards.
std::vector<double> ablation_damage(Model& model, const Task& task, const DimensionSets& dimensions,
                                    std::int64_t samples);

// The largest eigenvalue of the Hessian of the mean task loss of the samples, restricted to those dimensions' columns
// of `down` and rows of `up`: power iteration, 30 steps from a seeded direction, with products by central differences
// of gradients. Alpha and picked sets stay fixed. The largest in absolute value: negative where the loss curves
// downward most.
double sharpness(Model& model, const Task& task, const DimensionSets& dimensions, const Samples& samples,
                 std::int64_t seed);

}  // namespace tessera
