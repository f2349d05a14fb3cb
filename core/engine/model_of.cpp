#include "core/engine/model_of.h"

#include "core/experiment.h"

namespace tessera {

LiveModelParameters live_parameters(const Parameters& parameters) {
  LiveModelParameters live;
  for (int layer = 0; layer < parameters.integer("model.depth"); ++layer) {
    live.routers.push_back(parameters.load<RouterParameters>("model.router", layer));
    live.losses.push_back(parameters.load<RouterLossParameters>("model.losses", layer));
    live.subspaces.push_back(parameters.load<SubspaceParameters>("model.subspaces", layer));
  }
  live.head = parameters.load<HeadParameters>("model.head");
  return live;
}

TileLayout tiles_in(const HeadParameters& head, const TaskOutline& task) {
  auto tiles = tiles_of(head, task.outputs, task.sequence);
  if (!tiles) throw InputError(std::move(tiles.problems));
  return *std::move(tiles.value);
}

namespace {

ModelParts model_parts(const Parameters& parameters, const TaskOutline& task) {
  ModelParts parts;
  parts.head = parameters.load<HeadParameters>("model.head");
  if (parts.head.kind == "tiles") parts.tiles = tiles_in(parts.head, task);
  parts.outline = parameters.load<ModelParameters>("model");
  for (int layer = 0; layer < parts.outline.depth; ++layer) {
    parts.experts.push_back(parameters.load<ExpertParameters>("model.experts", layer));
  }
  parts.live = live_parameters(parameters);
  parts.tasks = task.tasks;
  parts.task_outputs = task.task_outputs;
  return parts;
}

}  // namespace

Model model_of(const Parameters& parameters, const TaskOutline& task, at::Device device) {
  return {model_parts(parameters, task), task.inputs, task.outputs, parameters.integer("run.seed"),
          at::TensorOptions(at::kFloat).device(device)};
}

}  // namespace tessera
