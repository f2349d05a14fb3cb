// See fork.h.
#include "core/lab/fork.h"

#include <algorithm>

#include "core/lab/given_files.h"
#include "core/lab/json_members.h"
#include "core/lab/json_text.h"
#include "core/lab/preset_json.h"
#include "core/lab/text.h"
#include "core/lab/timeline.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

// The last of each path, in the order of these.
std::vector<Setting> last_of_each(const std::vector<Setting>& settings) {
  std::vector<Setting> last;
  for (const Setting& setting : settings) {
    std::erase_if(last, [&](const Setting& earlier) { return earlier.path == setting.path; });
    last.push_back(setting);
  }
  return last;
}

// From step 0 with another preset.
std::vector<Problem> set_at_start(const Setting& setting, const Parameters& there, Fork& fork) {
  std::vector<Problem> problems = fork.preset.parameters.set(setting.path, setting.value);
  if (problems.empty()) {
    fork.changes.push_back({setting.path, there.get(setting.path), fork.preset.parameters.get(setting.path)});
  }
  return problems;
}

// The change as an intervention, added to `changes`.
std::vector<Problem> set_later(const Setting& setting, const ParameterSpec& spec, std::int64_t step,
                               const Parameters& there, Fork& fork, std::vector<Intervention>& changes) {
  if (spec.applies == Applies::rebuild) {
    return {{setting.path, "a change needs a rebuild, and can't be made at step " + number_text(step),
             "parameters that act at once; any at step 0"}};
  }
  Result<Intervention> good = checked(Intervention{step, setting.path, setting.value}, there, "");
  if (!good) return good.problems;
  fork.changes.push_back({setting.path, there.get(setting.path), good.value->value});
  changes.push_back(*std::move(good.value));
  return {};
}

// Nothing is left when the run is planned to end there.
std::optional<Problem> at_the_end(const Preset& preset, std::int64_t step) {
  const ParameterSpec* spec = preset.parameters.table().find(steps_path);
  if (spec == nullptr || spec->kind != Kind::integer) return std::nullopt;
  const std::int64_t planned = in_force(preset.parameters, preset.schedule, step).integer(steps_path);
  if (step < planned) return std::nullopt;
  return Problem{"step " + number_text(step), "the run ends after " + number_text(planned) + " steps",
                 "an earlier step, or a larger run.steps"};
}

Value recorded_value(const json& recorded, const ParameterSpec& spec, const std::string& where) {
  const std::optional<Value> value = value_of(recorded);
  if (!value) throw InputError({{at(where, spec.path), shown(recorded), allowed_values(spec)}});
  const Result<Value> good = checked(spec, *value, at(where, spec.path));
  if (!good) throw InputError(good.problems);
  return *good.value;
}

Parent read_parent(const json& text, const std::string& where, const ParameterTable& table) {
  Parent parent{text.at("run").get<std::string>(),
                text.at("preset").get<std::string>(),
                text.at("seed").get<std::int64_t>(),
                text.at("step").get<std::int64_t>(),
                {}};
  for (const json& change : text.at("set")) {
    const auto path = change.at("path").get<std::string>();
    const ParameterSpec* spec = table.find(path);
    if (spec == nullptr) throw InputError({unknown_parameter(table, path, where)});
    parent.changes.push_back(
        {path, recorded_value(change.at("from"), *spec, where), recorded_value(change.at("to"), *spec, where)});
  }
  return parent;
}

}  // namespace

std::vector<Intervention> forked_timeline(const std::vector<Intervention>& parent, std::int64_t step,
                                          const std::vector<Intervention>& changes) {
  const auto changed = [&](const Intervention& other) {
    return std::any_of(changes.begin(), changes.end(), [&](const auto& change) { return change.path == other.path; });
  };
  std::vector<Intervention> timeline;
  for (const Intervention& other : parent) {
    if (other.step < step) timeline.push_back(other);
  }
  for (Intervention change : changes) {
    change.step = step;
    timeline.push_back(std::move(change));
  }
  for (const Intervention& other : parent) {
    if (other.step >= step && !changed(other)) timeline.push_back(other);
  }
  return timeline;
}

Result<Fork> fork_of(const Preset& parent, const std::vector<Intervention>& timeline, std::int64_t step,
                     const std::vector<Setting>& settings, const CombinationCheck& check) {
  Fork fork{parent, {}};
  std::vector<Intervention> changes;
  const std::vector<Setting> wanted = last_of_each(settings);
  const Parameters there = in_force(parent.parameters, timeline, step);
  std::vector<Problem> problems;
  for (const Setting& setting : wanted) {
    const ParameterSpec* spec = parent.parameters.table().find(setting.path);
    const auto found = spec == nullptr ? std::vector{unknown_parameter(parent.parameters.table(), setting.path)}
                       : step == 0     ? set_at_start(setting, there, fork)
                                       : set_later(setting, *spec, step, there, fork, changes);
    problems.insert(problems.end(), found.begin(), found.end());
  }
  fork.preset.schedule = forked_timeline(timeline, step, changes);
  if (step == 0) {
    std::erase_if(fork.preset.schedule, [&](const Intervention& change) {
      const auto replaces = [&](const Setting& setting) { return setting.path == change.path; };
      return std::any_of(wanted.begin(), wanted.end(), replaces);
    });
  }
  if (fork.preset.schedule.size() > max_interventions) {
    problems.push_back({"the fork", std::to_string(fork.preset.schedule.size()) + " changes",
                        "at most " + std::to_string(max_interventions)});
  }
  if (problems.empty()) problems = check_preset(fork.preset, check);
  if (problems.empty()) {
    if (auto problem = at_the_end(fork.preset, step)) problems.push_back(*std::move(problem));
  }
  if (!problems.empty()) return problems;
  return fork;
}

std::string parent_json(const Parent& parent) {
  ordered_json json = {
      {"run", parent.folder.generic_string()}, {"preset", parent.preset}, {"seed", parent.seed}, {"step", parent.step}};
  ordered_json& set = json["set"] = ordered_json::array();
  for (const ForkChange& change : parent.changes) {
    set.push_back({{"path", change.path}, {"from", value_json(change.from)}, {"to", value_json(change.to)}});
  }
  return print_json(json);
}

fs::path seen_from(const fs::path& child, const fs::path& parent) {
  std::error_code error;
  const fs::path relative = fs::relative(parent, child, error);
  return error || relative.empty() ? fs::absolute(parent, error) : relative;
}

Result<std::optional<Parent>> recorded_parent(const fs::path& run, const ParameterTable& table) {
  const fs::path path = run / "parent.json";
  std::error_code error;
  if (!fs::exists(path, error)) return std::optional<Parent>();
  const auto text = read_given_file(path, max_json_bytes);
  if (!text) return text.problems;
  const Result<json> parsed = parse_json(*text.value, path.string());
  if (!parsed) return parsed.problems;
  try {
    return std::optional(read_parent(*parsed.value, path.string(), table));
  } catch (const InputError& wrong) {
    return wrong.problems();
  } catch (const json::exception&) {
    return std::vector<Problem>{{path.string(), "it is not what a fork writes", ""}};
  }
}

}  // namespace tessera
