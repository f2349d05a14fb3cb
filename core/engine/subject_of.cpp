#include "core/engine/subject_of.h"

#include <algorithm>

namespace tessera {

Subject subject_of(const Model& model, const TaskOutline& task, const Groups& groups,
                   const RegulatorParameters& regulation, const ContinualParameters& continual,
                   const MeasureParameters& measure) {
  Subject subject;
  subject.moe_layers = model.moe_layers();
  subject.experts = model.experts();
  for (int i = 0; i < subject.moe_layers; ++i) subject.layer_names.push_back("layer " + std::to_string(i));
  if (model.head_experts() > 0) subject.layer_names.push_back(model.tiles().empty() ? "experts" : "tiles");
  for (int i = 0; i < subject.moe_layers; ++i) {
    const SubspaceBank* const subspaces = model.subspaces(static_cast<std::size_t>(i));
    subject.dimensions.push_back(subspaces == nullptr ? 0 : static_cast<int>(subspaces->down.size(1)));
  }
  subject.tasks = static_cast<int>(task.tasks);
  for (const auto& classes : task.sequence) subject.sequence.push_back(group_name(classes, task.classes));
  subject.redundancy = model.head_experts() > 0 && model.tiles().empty();
  subject.imitation = !task.sequence.empty() && continual.method == "lwf";
  subject.holding = !task.sequence.empty() && continual.method == "ewc";
  if (measure.attractor_every > 0 && model.head_experts() > 0) {
    const bool tiles = !model.tiles().empty(), sequence = !task.sequence.empty();
    const auto count = static_cast<std::size_t>(model.head_experts());
    subject.source_noun = std::string("samples of ") + (tiles ? "tile" : sequence ? "task" : "class");
    subject.sources = task.classes;
    if (tiles || sequence) subject.sources.clear();
    for (std::size_t i = 0; tiles && i < count; ++i) subject.sources.push_back("tile " + std::to_string(i));
    for (std::size_t t = 0; !tiles && t < task.sequence.size(); ++t) {
      subject.sources.push_back("task " + std::to_string(t) + ": " + subject.sequence[t]);
    }
  }
  subject.inferred = !task.sequence.empty() && measure.inferred_tiles;
  subject.class_noun = task.class_noun;
  subject.classes = task.classes;
  subject.token_class_noun = task.token_class_noun;
  subject.token_classes = task.token_classes;
  subject.vocabulary = task.vocabulary;
  for (const auto& group : groups) subject.groups.push_back(group_name(group, task.classes));
  const bool subspaces = std::any_of(subject.dimensions.begin(), subject.dimensions.end(), [](int d) { return d > 0; });
  subject.regulated = subspaces && regulation.kind != "none";
  subject.dimension_probe = subspaces && measure.dimension_probe;
  return subject;
}

}  // namespace tessera
