// What is recorded, and how often. Fixed by the preset alone, so that no window changes a figure.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct MeasureParameters {
  std::int64_t scalars_every = 10;
  std::int64_t matrices_every = 25;
  std::int64_t test_every = 100;
  std::int64_t test_samples = 2000;
  std::int64_t conflict_every = 50;
  std::int64_t conflict_samples = 32;
  std::string groups = "classes";
  std::string custom_groups;
  bool dimension_probe = false;
  std::int64_t attractor_every = 0;
  bool inferred_tiles = false;

  void describe(Describer& d) {
    const Range interval{.min = 0, .max = 1'000'000, .scale = Scale::linear};
    d.integer("scalars_every", scalars_every, interval, "steps",
              "Curves (losses, entropies, load) get a point every so many steps, and one at the end; 0: only at the "
              "end. Load "
              "and training accuracy are of the steps since the point before.",
              Applies::rebuild);
    d.integer("matrices_every", matrices_every, interval, "steps",
              "Heatmaps (overlap, routing, co-activation) are of a window of so many steps, the one at the end of up "
              "to twice "
              "as many; 0: of the whole run, at its end.",
              Applies::rebuild);
    d.integer("test_every", test_every, interval, "steps",
              "Test accuracy is measured every so many steps; 0: only at the end.", Applies::rebuild);
    d.integer(
        "test_samples", test_samples, {.min = 0, .max = 1'000'000}, "samples",
        "Test accuracy is that of the first so many test samples; 0, or more than there are: all. At the end of the "
        "run it is always that of all.",
        Applies::rebuild);
    d.integer("conflict_every", conflict_every, interval, "steps",
              "Conflict between the gradients of groups is measured every so many steps; 0: only at the end. Costs one "
              "backward pass a group.",
              Applies::rebuild);
    d.integer("conflict_samples", conflict_samples, {.min = 1, .max = 1024}, "samples",
              "Training samples of each group that its gradient is the mean of; the same ones throughout the run.",
              Applies::rebuild);
    d.choice("groups", groups, {"classes", "pairs", "halves", "parity", "custom"},
             "Groups of classes that conflict is measured between. classes: each on its own. pairs: 0-1, 2-3, ... "
             "halves: the lower and the upper classes. parity: even and odd.",
             Applies::rebuild);
    d.text("custom_groups", custom_groups,
           "Groups separated by |, each a list of classes and ranges: 0-4|5-9 or 0,2,4|1,3. A class may be in none.",
           Applies::rebuild, {"groups", {"custom"}});
    d.boolean(
        "dimension_probe", dimension_probe,
        "At the end of the run: what happens when the most shared dimensions of the backbones are taken out, or the "
        "least shared ones, and how sharp the loss is in them. Takes seconds.",
        Applies::rebuild, {"/model.experts.kind", {"subspace"}});
    d.integer("attractor_every", attractor_every, interval, "steps",
              "How alike the head's tiles or experts are, what reaches which of them, and what keeps them apart, is "
              "measured every so many steps; 0: never. Costs a backward pass of the head for each tile or task.",
              Applies::rebuild, {"/model.head.kind", {"tiles", "experts"}});
    d.boolean("inferred_tiles", inferred_tiles,
              "At the end of each task, accuracies are measured while routers infer the tile (without tiles: the "
              "task) too: by the nearest class mean, the entropy of its output, a classifier that learns along.",
              Applies::rebuild, {"/task.kind", {"sequence"}});
  }
};

}  // namespace tessera
