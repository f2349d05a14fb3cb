// What the dimensions of a backbone that many experts share are worth, beside those that few have (CDSP, seed 001, 3.2:
// shared ones hold general features, in flat minima).
#pragma once

#include <vector>

#include "core/learn/evaluation.h"
#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

// Of each layer whose experts are subspaces, int64 [n]: dimensions of its backbone.
using DimensionSets = std::vector<at::Tensor>;

// A quarter of each backbone, or half of what its experts picked if that is less, one dimension at least: of the
// dimensions that experts picked, those that most of them did, and those that fewest did. Between equals the one with
// the lower number counts as more shared: how open it is must not count. They have no dimension in common, unless just
// one was picked.
struct SharedAndExclusive {
  DimensionSets shared, exclusive;
};
SharedAndExclusive dimension_sets(const Model& model);

// Pairs of an expert and a dimension that it picked, among those dimensions, over the layers.
std::int64_t places(const Model& model, const DimensionSets& dimensions);

struct Damage {
  double rise = 0;   // of a task's mean test loss, nats; NaN without a test token
  double error = 0;  // its standard error, from the differences of the tokens; NaN with fewer than two
};
// Of each task, when those dimensions are taken out: rows of `up` become 0. intact: what token_losses() gives of so
// many samples. The model is as before afterwards.
std::vector<Damage> ablation_damage(Model& model, const Task& task, const DimensionSets& dimensions,
                                    const TokenLosses& intact, std::int64_t samples);

// The largest eigenvalue of the Hessian of the mean task loss of the samples, restricted to those dimensions' columns
// of `down` and rows of `up`: Lanczos' method (30 steps from a seeded direction, each orthogonal to all before), with
// products by central differences of gradients over a thousandth of the length of all backbones. Alpha and picked sets
// stay fixed; routers choose anew at each point. Negative where the loss curves downward in all directions; NaN
// where gradients aren't finite.
double sharpness(Model& model, const Task& task, const DimensionSets& dimensions, const Samples& samples,
                 std::int64_t seed);

}  // namespace tessera
