// Tiles: what each knows of its classes, and what it has forgotten.
#include <ATen/ATen.h>

#include <limits>

#include "core/measure/declare.h"

namespace tessera {

namespace {

// [classes, tiles]: the value of a class where a tile has it.
Matrix in_layout(const MosaicObservation& seen, const at::Tensor& of_classes,
                 double elsewhere = std::numeric_limits<double>::quiet_NaN()) {
  const auto tiles = static_cast<std::int64_t>(seen.layout.size());
  at::Tensor made = at::full({of_classes.size(0), tiles}, elsewhere, at::kDouble);
  for (std::int64_t t = 0; t < tiles; ++t) {
    for (const int c : seen.layout[static_cast<std::size_t>(t)]) made[c][t] = of_classes[c];
  }
  return to_matrix(made);
}

}  // namespace

void add_mosaic(std::vector<Metric>& metrics, const Subject& subject) {
  if (subject.layer_names.empty() || subject.layer_names.back() != "tiles") return;
  MetricSpec spec;
  spec.rank = 2;
  spec.axes[0] = class_axis(subject);
  spec.axes[1] = expert_axis(subject, static_cast<int>(subject.experts.size()) - 1);
  spec.source = "seed 003: mosaic of tiles";
  spec.name = spec.family = "tile_layout";
  spec.title = "layout of the tiles";
  spec.definition = "Which classes each tile has, in force in this step.";
  spec.formula = "1 where the tile has the class, else 0";
  metrics.push_back({spec, Due::matrices, nullptr, [classes = subject.classes.size()](const Observation& seen) {
                       const at::Tensor ones = at::ones({static_cast<std::int64_t>(classes)}, at::kDouble);
                       return in_layout(seen.mosaic, ones, /*elsewhere=*/0);
                     }});
  const char* const told = subject.sequence.empty() ? "" : " The task is told.";
  spec.name = spec.family = "tile_learned";
  spec.title = "accuracy on the classes of tiles";
  spec.definition =
      std::string("Accuracy on the test samples of each class that a tile has; nothing where it doesn't have it.") +
      told;
  spec.formula = "share of the class's samples that are classified right";
  metrics.push_back(
      {spec, Due::test, nullptr, [](const Observation& seen) { return in_layout(seen.mosaic, seen.mosaic.learned); }});
  spec.name = spec.family = "tile_forgotten";
  spec.title = "forgotten of the classes of tiles";
  spec.definition =
      std::string("How far that accuracy is below its best, ") +
      (subject.sequence.empty() ? "of the points of the test curves."
                                : "at the ends of its task and those after it; nothing before its task began.");
  spec.formula = "max(0, best - accuracy)";
  const Due due = subject.sequence.empty() ? Due::test : Due::task;  // where all test samples count
  metrics.push_back({spec, due, nullptr, [](const Observation& seen) {
                       return in_layout(seen.mosaic, (seen.mosaic.best - seen.mosaic.learned).clamp_min(0));
                     }});
}

}  // namespace tessera
