// route NAME|SPEC.json: a router on its own, on logits from standard input.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands/command.h"
#include "app/commands/engine_library.h"
#include "app/commands/places.h"
#include "core/experiment.h"
#include "core/lab/json_text.h"
#include "core/lab/preset.h"
#include "core/lab/text.h"

namespace tessera::commands {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t max_input_bytes = std::size_t{1} << 28;
constexpr const char* input = "standard input";
constexpr const char* full_scale = "full-scale";

struct Request {
  std::string name;
  std::string variant;
  std::int64_t layer = 0, seed = 0;
  bool train = false, jacobian = false;
};

// A name without a folder is one of presets/routers.
Result<Preset> read_router(const Request& request) {
  std::error_code error;
  const bool bare =
      request.name.find('/') == std::string::npos && !std::filesystem::is_regular_file(request.name, error);
  const auto file = find_preset(bare ? "routers/" + request.name : request.name);
  if (!file) return file.problems;
  const auto preset = load_preset(*file.value, experiment_parameters(), check_combinations);
  if (!preset) return preset.problems;
  const auto& variants = preset.value->variants;
  const auto has = [&](const std::string& name) {
    return std::any_of(variants.begin(), variants.end(), [&](const Variant& v) { return v.name == name; });
  };
  const std::string wanted = !request.variant.empty() ? request.variant : has(full_scale) ? full_scale : preset_itself;
  if (wanted != preset_itself && !has(wanted)) {
    std::string names = preset_itself;
    for (const Variant& variant : variants) names += ", " + variant.name;
    return std::vector<Problem>{{"--variant", in_quotes(wanted), "one of " + names}};
  }
  auto made = variant_of(*preset.value, wanted);
  if (!made) return made.problems;
  auto problems = check_combinations(made.value->parameters);
  if (!problems.empty()) return problems;
  return made;
}

class InputReader {
 public:
  // What standard input says, into the question.
  std::vector<Problem> read(RouteQuestion& question) {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    const Result<json> parsed = parse_json(text, input, max_input_bytes);
    if (!parsed) return parsed.problems;
    const json& object = *parsed.value;
    if (!object.is_object()) return {{input, "not an object", allowed}};
    for (const auto& [key, value] : object.items()) {
      if (key == "logits") {
        logits(value, question);
      } else if (key == "bias") {
        question.bias = numbers(value, "bias");
      } else if (key == "ids") {
        ids(value, question);
      } else {
        problems_.push_back({std::string(input) + ": " + printable(key), "unknown", "logits, bias, ids"});
      }
    }
    if (!object.contains("logits") && !object.contains("ids")) problems_.push_back({input, "no logits", allowed});
    const auto given = static_cast<std::int64_t>(question.ids.size());
    if (!object.contains("logits")) question.tokens = given;
    if (problems_.empty() && object.contains("ids") && given != question.tokens) {
      wrong("ids", std::to_string(given) + " numbers", std::to_string(question.tokens) + ", one a token");
    }
    return std::move(problems_);
  }

 private:
  static constexpr const char* allowed = "{\"logits\": [[...], ...], \"bias\": [...]?, \"ids\": [...]?}";

  void wrong(const std::string& where, const std::string& found, const std::string& wanted) {
    if (problems_.size() < 20) problems_.push_back({std::string(input) + ": " + where, found, wanted});
  }

  std::vector<double> numbers(const json& list, const std::string& where) {
    std::vector<double> read;
    if (!list.is_array()) wrong(where, "not a list", "a list of numbers");
    for (const json& value : list.is_array() ? list : json::array()) {
      if (!value.is_number()) {
        wrong(where + "[" + std::to_string(read.size()) + "]",
              value.dump(-1, ' ', false, json::error_handler_t::replace), "a number");
      }
      read.push_back(value.is_number() ? value.get<double>() : 0);
    }
    return read;
  }

  void logits(const json& rows, RouteQuestion& question) {
    if (!rows.is_array()) return wrong("logits", "not a list", "a list of rows, one a token");
    question.tokens = static_cast<std::int64_t>(rows.size());
    std::size_t width = 0;
    for (std::size_t t = 0; t < rows.size(); ++t) {
      const std::string where = "logits[" + std::to_string(t) + "]";
      const std::vector<double> row = numbers(rows[t], where);
      if (t == 0) width = row.size();
      if (row.size() != width) {
        wrong(where, std::to_string(row.size()) + " numbers", std::to_string(width) + ", as in the rows before");
      }
      question.logits.insert(question.logits.end(), row.begin(), row.end());
    }
  }

  void ids(const json& list, RouteQuestion& question) {
    if (!list.is_array()) return wrong("ids", "not a list", "a list of whole numbers, one a token");
    for (const json& value : list) {
      if (!value.is_number_integer()) {
        wrong("ids[" + std::to_string(question.ids.size()) + "]", value.dump(), "a whole number");
      }
      question.ids.push_back(value.is_number_integer() ? value.get<std::int64_t>() : 0);
    }
  }

  std::vector<Problem> problems_;
};

ordered_json rows_of(const std::vector<double>& values, std::size_t tokens) {
  auto rows = ordered_json::array();
  const std::size_t width = tokens > 0 ? values.size() / tokens : 0;
  for (std::size_t t = 0; t < tokens; ++t) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(t * width);
    rows.push_back(std::vector<double>(from, from + static_cast<std::ptrdiff_t>(width)));
  }
  return rows;
}

ordered_json cubes_of(const std::vector<double>& values, std::size_t tokens) {
  auto cubes = ordered_json::array();
  for (const auto& flat : rows_of(values, tokens)) {
    const auto cube = flat.get<std::vector<double>>();
    std::size_t side = 0;
    while (side * side < cube.size()) ++side;
    cubes.push_back(rows_of(cube, side));
  }
  return cubes;
}

ordered_json to_json(const RouteAnswer& answer) {
  const std::size_t tokens = answer.chosen.size();
  ordered_json out;
  if (answer.slots > 0) {
    out["dispatch"] = rows_of(answer.dispatch, tokens);
    out["combine"] = rows_of(answer.combine, tokens);
  } else {
    auto weights = ordered_json::array();
    for (std::size_t t = 0; t < tokens; ++t) {
      auto row = ordered_json::array();
      for (const int e : answer.chosen[t]) {
        row.push_back(answer.alpha[t * static_cast<std::size_t>(answer.experts) + static_cast<std::size_t>(e)]);
      }
      weights.push_back(std::move(row));
    }
    out["weights"] = std::move(weights);
    out["experts"] = answer.chosen;
  }
  out["probs"] = rows_of(answer.probs, tokens);
  out["load"] = answer.load;
  out["entropy"] = answer.entropy;
  out["aux_loss"] = answer.aux_loss;
  out["z_loss"] = answer.z_loss;
  out["dropped"] = answer.dropped;
  if (!answer.probs_jacobian.empty()) {
    out["probs_jacobian"] = cubes_of(answer.probs_jacobian, tokens);
    out["weights_jacobian"] = cubes_of(answer.alpha_jacobian, tokens);
  }
  return out;
}

int route(const Request& request) {
  auto preset = read_router(request);
  if (!preset) return report(preset.problems);
  const std::int64_t depth = preset.value->parameters.integer("model.depth");
  if (request.layer >= depth) {
    return report({{"--layer", std::to_string(request.layer), "0 to " + std::to_string(depth - 1)}});
  }
  RouteQuestion question{preset.value->parameters};
  question.layer = static_cast<int>(request.layer);
  question.train = request.train;
  question.seed = request.seed;
  question.jacobian = request.jacobian;
  auto problems = InputReader().read(question);
  if (!problems.empty()) return report(problems);
  std::fputs((print_json_line(to_json(answer_about(question))) + "\n").c_str(), stdout);
  return fine;
}

}  // namespace

void add_route(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command = program.add_subcommand("route", "A router on its own: logits from standard input, JSON out");
  command->add_option("NAME", request->name, "A router of presets/routers, or a preset's file")->required();
  command->add_option("--variant", request->variant,
                      "A variant of the preset; full-scale if there is one, preset: none");
  command->add_option("--layer", request->layer, "The router of this layer")->check(CLI::Range(0, 15));
  command->add_flag("--train", request->train, "As in training: random second experts, training capacity");
  command->add_option("--seed", request->seed, "Of what is random in training")->check(CLI::Range(0, 2147483647));
  command->add_flag("--jacobian", request->jacobian, "Slopes of scores and weights by the logits, too");
  command->footer(
      "Standard input: {\"logits\": [[...], ...], \"bias\": [...]?, \"ids\": [...]?}, a row a token, a column an "
      "expert. "
      "docs/manual/routers.md describes what comes out.");
  command->callback([request, &action] { action = [request] { return route(*request); }; });
}

}  // namespace tessera::commands
