#include "core/experiment.h"

#include <algorithm>

#include "core/data/groups.h"
#include "core/data/tile_layout.h"
#include "core/learn/learn_parameters.h"
#include "core/learn/run_parameters.h"
#include "core/measure/measure_parameters.h"
#include "core/moe/expert_parameters.h"
#include "core/moe/head_parameters.h"
#include "core/moe/loss_parameters.h"
#include "core/moe/model_parameters.h"
#include "core/moe/router_parameters.h"
#include "core/tasks/classification_parameters.h"

namespace tessera {
namespace {

constexpr int classes = 10;  // of every data set there is

ParameterTable make_table() {
  ParameterTable table;
  constexpr bool per_layer = true;
  table.add<RunParameters>("run", "Run");
  table.add<ClassificationParameters>("task", "Task");
  table.add<ModelParameters>("model", "Model");
  table.add<RouterParameters>("model.router", "Router", per_layer);
  table.add<ExpertParameters>("model.experts", "Experts", per_layer);
  table.add<RouterLossParameters>("model.losses", "Auxiliary losses", per_layer);
  table.add<HeadParameters>("model.head", "Head");
  table.add<LearnParameters>("learn", "Learning");
  table.add<MeasureParameters>("measure", "Measurements");
  return table;
}

// The path that a person would change for this layer: its override where it has one, else the path for all layers.
std::string path_in_force(const Parameters& parameters, std::string_view base, int layer) {
  std::string own = layer_override(base, layer);
  return parameters.overrides().contains(own) ? own : std::string(base);
}

void check_routers(const Parameters& parameters, std::vector<Problem>& problems) {
  for (int layer = 0; layer < parameters.integer("model.depth"); ++layer) {
    const auto router = parameters.load<RouterParameters>("model.router", layer);
    const auto experts = parameters.load<ExpertParameters>("model.experts", layer);
    const auto at = [&](const std::string& name) { return path_in_force(parameters, "model." + name, layer); };
    for (Problem& problem : router_problems(router, experts.routed(), at)) {
      const bool said = std::any_of(problems.begin(), problems.end(), [&](const Problem& earlier) {
        return earlier.where == problem.where && earlier.allowed == problem.allowed;
      });
      if (!said) problems.push_back(std::move(problem));  // without overrides all layers have the same problem
    }
  }
}

void check_tiles(const Parameters& parameters, std::vector<Problem>& problems) {
  const auto head = parameters.load<HeadParameters>("model.head");
  if (head.kind != "tiles") return;
  const auto number = [](std::int64_t n) { return std::to_string(n); };
  const bool overlapping = head.layout == "overlapping";
  if (!overlapping && head.tiles > classes) {
    problems.push_back({"model.head.tiles.count", number(head.tiles),
                        "1 to " + number(classes) + ": with layout " + head.layout + " each class is in one tile"});
    return;
  }
  if (overlapping && head.classes_per_tile > classes) {
    problems.push_back({"model.head.tiles.classes_per_tile", number(head.classes_per_tile),
                        "1 to " + number(classes) + ", the number of classes"});
    return;
  }
  const auto layout_with = [&](std::int64_t size) {
    return tile_layout(head.layout, static_cast<int>(head.tiles), classes, static_cast<int>(size), head.layout_seed);
  };
  const TileLayout layout = layout_with(head.classes_per_tile);
  const bool lone = std::any_of(layout.begin(), layout.end(), [](const auto& tile) { return tile.size() < 2; });
  if (head.route_by_label && lone) {
    problems.push_back({"model.head.route_by_label", "true",
                        "false, or tiles of two classes at least: the cross entropy within a tile of one is always 0"});
  }
  if (covers(layout, classes)) return;
  std::int64_t least = head.classes_per_tile;
  while (!covers(layout_with(least), classes)) ++least;
  problems.push_back(
      {"model.head.tiles.classes_per_tile", number(head.classes_per_tile),
       number(least) + " to " + number(classes) + ", so that " + number(head.tiles) + " tiles cover all classes"});
}

void check_groups(const Parameters& parameters, std::vector<Problem>& problems) {
  const auto measure = parameters.load<MeasureParameters>("measure");
  const auto groups = class_groups(measure.groups, measure.custom_groups, classes);
  problems.insert(problems.end(), groups.problems.begin(), groups.problems.end());
}

}  // namespace

const ParameterTable& experiment_parameters() {
  static const ParameterTable table = make_table();
  return table;
}

std::vector<Problem> check_combinations(const Parameters& parameters) {
  std::vector<Problem> problems;
  check_routers(parameters, problems);
  check_tiles(parameters, problems);
  check_groups(parameters, problems);
  return problems;
}

}  // namespace tessera
