// What the command line changes in a preset: --seed, --steps, --device and --set path=value.
#include "app/commands/settings.h"

#include <CLI/CLI.hpp>

#include "app/commands/command.h"
#include "app/commands/places.h"
#include "core/experiment.h"

namespace tessera::commands {
namespace {

// Each setting in its order, and what each of them is called.
struct Named {
  std::string path, text, where;
};
std::vector<Named> listed(const Settings& settings, std::vector<Problem>& problems) {
  std::vector<Named> all;
  for (const std::string& setting : settings.set) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      problems.push_back({"--set", setting, "path=value, for example run.seed=7"});
      continue;
    }
    const std::string path = setting.substr(0, equals);
    all.push_back({path, setting.substr(equals + 1), "--set " + path});
  }
  const auto option = [&](const char* where, const char* path, const std::optional<std::string>& text) {
    if (text) all.push_back({path, *text, where});
  };
  option("--seed", "run.seed", settings.seed);
  option("--steps", "run.steps", settings.steps);
  option("--device", "run.device", settings.device);
  return all;
}

Result<Value> value_of(const Named& setting, const ParameterTable& table) {
  const ParameterSpec* spec = table.find(setting.path);
  if (!spec) return std::vector{unknown_parameter(table, setting.path, "--set")};
  return parse_value(*spec, setting.text, setting.where);
}

}  // namespace

void Settings::add_options(CLI::App& command, bool with_steps) {
  command.add_option("--seed", seed, "The seed of everything random; the same as --set run.seed=S")->type_name("S");
  if (with_steps)
    command.add_option("--steps", steps, "How many training steps; the same as --set run.steps=N")->type_name("N");
  command.add_option("--device", device, "cpu or cuda; the same as --set run.device=...")->type_name("cpu|cuda");
  command.add_option("--set", set, "A parameter's value, over the preset's; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

std::vector<Problem> apply(const Settings& settings, Preset& preset) {
  std::vector<Problem> problems;
  for (const Named& setting : listed(settings, problems)) {
    const Result<Value> value = value_of(setting, preset.parameters.table());
    append(problems, value ? preset.parameters.set(setting.path, *value.value, "--set") : value.problems);
  }
  return problems;
}

Result<std::vector<Setting>> read_settings(const Settings& settings) {
  std::vector<Problem> problems;
  std::vector<Setting> all;
  for (const Named& setting : listed(settings, problems)) {
    const Result<Value> value = value_of(setting, experiment_parameters());
    append(problems, value.problems);
    if (value) all.push_back({setting.path, *value.value});
  }
  if (!problems.empty()) return problems;
  return all;
}

Result<Preset> read_with_settings(const std::string& name, const Settings& settings) {
  auto file = find_preset(name);
  if (!file) return file.problems;
  auto preset = load_preset(*file.value, experiment_parameters());
  std::vector<Problem> problems = preset.problems;
  if (!preset) {  // the settings are checked all the same, so that one try shows everything
    Preset defaults(experiment_parameters());
    append(problems, apply(settings, defaults));
    return problems;
  }
  append(problems, apply(settings, *preset.value));
  if (!problems.empty()) return problems;
  problems = check_preset(*preset.value, check_combinations);
  for (Problem& problem : problems) problem.where = name + ": " + problem.where;
  if (!problems.empty()) return problems;
  return preset;
}

}  // namespace tessera::commands
