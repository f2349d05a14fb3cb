#include "core/experiment.h"

#include <algorithm>
#include <optional>

#include "core/data/groups.h"
#include "core/data/image_tasks.h"
#include "core/data/more_images.h"
#include "core/data/text_corpus.h"
#include "core/data/tile_layout.h"
#include "core/learn/continual_parameters.h"
#include "core/learn/learn_parameters.h"
#include "core/learn/regulator_parameters.h"
#include "core/learn/run_parameters.h"
#include "core/measure/measure_parameters.h"
#include "core/moe/expert_parameters.h"
#include "core/moe/head_parameters.h"
#include "core/moe/loss_parameters.h"
#include "core/moe/model_parameters.h"
#include "core/moe/router_parameters.h"
#include "core/moe/subspace_parameters.h"
#include "core/tasks/classification_parameters.h"
#include "core/tasks/encoder_parameters.h"
#include "core/tasks/interference_parameters.h"
#include "core/tasks/language_parameters.h"
#include "core/tasks/multitask_parameters.h"
#include "core/tasks/sequence_parameters.h"
#include "core/tasks/task_parameters.h"

namespace tessera {
namespace {

constexpr const char* more_data = "task.sequence.more_data";

// How many classes the task has, of several tasks at once how many these are; nothing where only its data tell.
std::optional<int> known_classes(const Parameters& parameters) {
  const std::string kind = parameters.load<TaskParameters>("task").kind;
  if (kind == "interference") return 2;
  if (kind == "language") return std::nullopt;
  if (kind == "multitask") {
    const auto tasks = image_tasks(parameters.load<MultitaskParameters>("task").tasks);
    return static_cast<int>(tasks ? tasks.value->size() : fewest_image_tasks);  // a bad list is complained of elsewhere
  }
  std::vector<std::string> sets = {parameters.load<ClassificationParameters>("task").data_name};
  if (kind == "sequence") {
    const auto more = data_sets_in(parameters.load<SequenceParameters>("task").more_data, more_data);
    if (!more) return std::nullopt;  // complained of elsewhere
    sets.insert(sets.end(), more.value->begin(), more.value->end());
  }
  int classes = 0;
  for (const std::string& set : sets) {
    if (set == "folder" || set.find('/') != std::string::npos) return std::nullopt;
    classes += set == "cifar-100" ? 100 : 10;
  }
  return classes;
}

bool is_language(const Parameters& parameters) { return parameters.load<TaskParameters>("task").kind == "language"; }

ParameterTable make_table() {
  ParameterTable table;
  constexpr bool per_layer = true;
  table.add<RunParameters>("run", "Run");
  table.add<TaskParameters>("task", "Task");
  table.add<ClassificationParameters>("task", "Task");
  table.add<LanguageParameters>("task", "Task");
  table.add<InterferenceParameters>("task", "Task");
  table.add<MultitaskParameters>("task", "Task");
  table.add<SequenceParameters>("task", "Task");
  table.add<EncoderParameters>("task", "Task");
  table.add<ModelParameters>("model", "Model");
  table.add<RouterParameters>("model.router", "Router", per_layer);
  table.add<ExpertParameters>("model.experts", "Experts", per_layer);
  table.add<SubspaceParameters>("model.subspaces", "Subspaces", per_layer);
  table.add<RouterLossParameters>("model.losses", "Auxiliary losses", per_layer);
  table.add<HeadParameters>("model.head", "Head");
  table.add<LearnParameters>("learn", "Learning");
  table.add<ContinualParameters>("learn.continual", "Continual learning");
  table.add<RegulatorParameters>("learn.regulator", "Regulator of alpha");
  table.add<MeasureParameters>("measure", "Measurements");
  return table;
}

// The path that a person would change for this layer: its override where it has one, else the path for all layers.
std::string path_in_force(const Parameters& parameters, std::string_view base, int layer) {
  std::string own = layer_override(base, layer);
  return parameters.overrides().contains(own) ? own : std::string(base);
}

// What is found in a layer, but for what is known: without overrides all layers have the same problem.
void add_new(std::vector<Problem> found, std::vector<Problem>& problems) {
  for (Problem& problem : found) {
    const bool known = std::any_of(problems.begin(), problems.end(), [&](const Problem& earlier) {
      return earlier.where == problem.where && earlier.allowed == problem.allowed;
    });
    if (!known) problems.push_back(std::move(problem));
  }
}

// A byte must not know of those that follow it.
void check_causality(const RouterParameters& router, const std::function<std::string(const std::string&)>& at,
                     std::vector<Problem>& problems) {
  if (router.selection == "soft") {
    problems.push_back({at("router.selection"), "soft",
                        "any other while task.kind is language: slots mix bytes with those that follow them"});
  }
  if (router.selection == "expert_choice") {
    problems.push_back(
        {at("router.selection"), "expert_choice",
         "any other while task.kind is language: what an expert picks depends on the bytes that follow"});
  }
  const auto& capacity = router.capacity;
  const bool limited = capacity.train > 0 || capacity.test > 0 || capacity.tokens > 0;
  if (limited && capacity.order == "priority") {
    problems.push_back({at("router.capacity.order"), "priority",
                        "position while task.kind is language: bytes that follow would come first"});
  }
}

void check_routers(const Parameters& parameters, std::vector<Problem>& problems) {
  for (int layer = 0; layer < parameters.integer("model.depth"); ++layer) {
    const auto router = parameters.load<RouterParameters>("model.router", layer);
    const auto experts = parameters.load<ExpertParameters>("model.experts", layer);
    const auto at = [&](const std::string& name) { return path_in_force(parameters, "model." + name, layer); };
    std::vector<Problem> found = router_problems(router, experts.routed(), at);
    if (is_language(parameters)) check_causality(router, at, found);
    if (router.selection == "soft" && experts.zero.count > 0) {
      found.push_back({at("experts.zero.count"), std::to_string(experts.zero.count),
                       "0 with selection soft, where an expert's input is a mixture"});
    }
    add_new(std::move(found), problems);
  }
}

// Of a sequence; none where only data tell, or they can't be made.
std::optional<ClassSequence> known_tasks(const Parameters& parameters, int classes) {
  if (parameters.load<TaskParameters>("task").kind != "sequence") return ClassSequence();
  const ClassSequenceSpec spec = parameters.load<SequenceParameters>("task").classes;
  if (spec.split == "superclasses") return std::nullopt;
  return class_sequence(spec, classes, {}).value;
}

void check_tiles(const Parameters& parameters, std::vector<Problem>& problems) {
  const auto head = parameters.load<HeadParameters>("model.head");
  const std::string kind = parameters.load<TaskParameters>("task").kind;
  if (head.kind == "linear") return;
  if (kind == "language" || kind == "multitask") {
    problems.push_back({"model.head.kind", head.kind, "linear, while task.kind is " + kind});
    return;
  }
  if (head.kind != "tiles") return;
  const auto classes = known_classes(parameters);
  if (!classes) return;
  const auto tasks = known_tasks(parameters, *classes);
  if (!tasks && head.tiles.layout == "tasks") return;  // data tell, or the tasks' own problem
  const auto tiles = tiles_of(head, *classes, tasks.value_or(ClassSequence()));
  problems.insert(problems.end(), tiles.problems.begin(), tiles.problems.end());
}

void check_blocks(const Parameters& parameters, std::vector<Problem>& problems) {
  const std::int64_t width = parameters.load<ModelParameters>("model").width;
  for (int layer = 0; layer < parameters.integer("model.depth"); ++layer) {
    const auto experts = parameters.load<ExpertParameters>("model.experts", layer);
    if (experts.kind != "block_sparse") continue;
    const std::int64_t size = experts.blocks.size;
    if (size % 8 == 0 && width % size == 0 && experts.hidden % size == 0) continue;
    add_new({{path_in_force(parameters, "model.experts.blocks.size", layer), std::to_string(size),
              "a multiple of 8 that divides model.width, " + std::to_string(width) + ", and " +
                  path_in_force(parameters, "model.experts.hidden", layer) + ", " + std::to_string(experts.hidden)}},
            problems);
  }
}

// What subspaces can't be.
void check_subspaces(const Parameters& parameters, std::vector<Problem>& problems) {
  const bool probe = parameters.load<MeasureParameters>("measure").dimension_probe;
  for (int layer = 0; layer < parameters.integer("model.depth"); ++layer) {
    if (parameters.load<ExpertParameters>("model.experts", layer).kind != "subspace") continue;
    const auto at = [&](const std::string& name) { return path_in_force(parameters, "model." + name, layer); };
    const auto subspaces = parameters.load<SubspaceParameters>("model.subspaces", layer);
    const auto router = parameters.load<RouterParameters>("model.router", layer);
    std::vector<Problem> found;
    if (subspaces.rank > subspaces.backbone && subspaces.picking != "all") {
      found.push_back({at("subspaces.rank"), std::to_string(subspaces.rank),
                       "up to " + std::to_string(subspaces.backbone) + ", the backbone's dimensions"});
    }
    const std::int64_t experts = parameters.load<ExpertParameters>("model.experts", layer).count;
    if (subspaces.alpha.kind == "expert_by_expert" && subspaces.backbone < experts) {
      found.push_back({at("subspaces.backbone"), std::to_string(subspaces.backbone),
                       std::to_string(experts) + " at least with alpha expert_by_expert: a block for each expert"});
    }
    if (router.selection == "soft") {
      found.push_back({at("router.selection"), "soft", "any other while model.experts.kind is subspace"});
    }
    if (router.applies == "input") {
      found.push_back({at("router.applies"), "input", "output while model.experts.kind is subspace"});
    }
    if (probe && subspaces.picking == "all") {
      found.push_back({at("subspaces.picking"), "all",
                       "top_rank or gumbel while measure.dimension_probe is true: experts share all dimensions"});
    } else if (probe && subspaces.quota(experts) >= subspaces.backbone) {
      found.push_back({at("subspaces.rank"), std::to_string(subspaces.rank),
                       "a quota below " + std::to_string(subspaces.backbone) +
                           " while measure.dimension_probe is true: experts share all dimensions"});
    }
    add_new(std::move(found), problems);
  }
}

// A regulator whose control moves nothing.
void check_regulator(const Parameters& parameters, std::vector<Problem>& problems) {
  const auto regulator = parameters.load<RegulatorParameters>("learn.regulator");
  if (regulator.kind == "none") return;
  bool any = false, quota = false, penalty = false;
  for (int layer = 0; layer < parameters.integer("model.depth"); ++layer) {
    if (parameters.load<ExpertParameters>("model.experts", layer).kind != "subspace") continue;
    const auto subspaces = parameters.load<SubspaceParameters>("model.subspaces", layer);
    any = true;
    quota = quota || subspaces.picking != "all";
    penalty = penalty || (subspaces.metabolic > 0 && !subspaces.alpha.frozen);
  }
  const bool idle = (regulator.controls == "quota" && !quota) || (regulator.controls == "penalty" && !penalty);
  if (!any || !idle) return;
  problems.push_back({"learn.regulator.controls", regulator.controls,
                      regulator.controls == "quota"
                          ? "any other while model.subspaces.picking is all, where there is no quota"
                          : "any other while model.subspaces.metabolic is 0, or alpha frozen: no penalty moves it"});
}

void check_tasks(const Parameters& parameters, std::vector<Problem>& problems) {
  const std::string kind = parameters.load<TaskParameters>("task").kind,
                    rule = parameters.load<LearnParameters>("learn").combine;
  const auto head = parameters.load<HeadParameters>("model.head");
  if (kind == "interference" && rule != "loss" && head.kind == "tiles" && head.route_by_label) {
    problems.push_back(
        {"learn.combine", rule, "loss while model.head.route_by_label is true: tiles have losses of their own"});
  }
  if (kind != "multitask") return;
  const auto tasks = image_tasks(parameters.load<MultitaskParameters>("task").tasks);
  problems.insert(problems.end(), tasks.problems.begin(), tasks.problems.end());
}

void check_encoder(const Parameters& parameters, std::vector<Problem>& problems) {
  const auto model = parameters.load<ModelParameters>("model");
  const std::string kind = parameters.load<TaskParameters>("task").kind;
  if (kind == "interference" && model.encoder.starts_with("conv")) {
    problems.push_back({"model.encoder.kind", model.encoder, "linear or mlp while task.kind is interference"});
  } else if (kind != "language" && model.encoder == "conv4" && model.width % 8 != 0) {
    problems.push_back({"model.width", std::to_string(model.width),
                        "a multiple of 8 while model.encoder.kind is conv4, whose first layer has width / 8 channels"});
  }
}

void check_depth(const Parameters& parameters, std::vector<Problem>& problems) {
  if (parameters.integer("model.depth") > 0 || parameters.load<HeadParameters>("model.head").kind != "linear") return;
  problems.push_back({"model.depth", "0", "1 to 16 while model.head.kind is linear: nothing would be routed"});
}

void check_heads(const Parameters& parameters, std::vector<Problem>& problems) {
  const auto model = parameters.load<ModelParameters>("model");
  if (!is_language(parameters) || model.width % model.heads == 0) return;
  problems.push_back({"model.attention.heads", std::to_string(model.heads),
                      "a divisor of model.width, which is " + std::to_string(model.width)});
}

void check_groups(const Parameters& parameters, std::vector<Problem>& problems) {
  const auto measure = parameters.load<MeasureParameters>("measure");
  // Where data tell how many classes there are, they are looked at again when these are read.
  const int most = known_classes(parameters).value_or(is_language(parameters) ? int{max_languages} : 256);
  const auto groups = class_groups(measure.groups, measure.custom_groups, most);
  problems.insert(problems.end(), groups.problems.begin(), groups.problems.end());
}

void check_sequence(const Parameters& parameters, std::vector<Problem>& problems) {
  if (parameters.load<TaskParameters>("task").kind != "sequence") return;
  const auto continual = parameters.load<ContinualParameters>("learn.continual");
  if (continual.method == "replay" && continual.loss_over == "task") {
    problems.push_back({"learn.continual.loss_over", "task",
                        "seen or all while learn.continual.method is replay: samples of earlier tasks come along"});
  }
  const auto sequence = parameters.load<SequenceParameters>("task");
  const ClassSequenceSpec& spec = sequence.classes;
  const auto sets = data_sets_in(sequence.more_data, more_data);
  problems.insert(problems.end(), sets.problems.begin(), sets.problems.end());
  const auto classes = known_classes(parameters);
  if (!classes || spec.split == "superclasses") return;  // data tell
  const auto tasks = class_sequence(spec, *classes, {});
  problems.insert(problems.end(), tasks.problems.begin(), tasks.problems.end());
}

}  // namespace

const ParameterTable& experiment_parameters() {
  static const ParameterTable table = make_table();
  return table;
}

std::vector<Problem> check_combinations(const Parameters& parameters) {
  std::vector<Problem> problems;
  check_routers(parameters, problems);
  check_blocks(parameters, problems);
  check_subspaces(parameters, problems);
  check_regulator(parameters, problems);
  check_tasks(parameters, problems);
  check_encoder(parameters, problems);
  check_depth(parameters, problems);
  check_heads(parameters, problems);
  check_tiles(parameters, problems);
  check_groups(parameters, problems);
  check_sequence(parameters, problems);
  return problems;
}

Result<TileLayout> tiles_of(const HeadParameters& head, int classes, const ClassSequence& tasks) {
  auto layout = tile_layout(head.tiles, classes, tasks);
  if (!layout || !head.route_by_label) return layout;
  const auto lone = [](const auto& tile) { return tile.size() < 2; };
  if (std::none_of(layout.value->begin(), layout.value->end(), lone)) return layout;
  return std::vector<Problem>{
      {"model.head.route_by_label", "true",
       "false, or tiles of two classes at least: the cross entropy within a tile of one is always 0"}};
}

}  // namespace tessera
