// See recorded_run.h.
#include "core/lab/recorded_run.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/lab/given_files.h"
#include "core/lab/json_text.h"
#include "core/lab/preset_json.h"
#include "core/lab/recorded_rows.h"
#include "core/lab/text.h"
#include "core/lab/timeline.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// What summary.json has under this key; null when it has nothing, or there is no such file.
json summary_value(const fs::path& folder, const char* key) {
  const auto text = read_given_file(folder / "summary.json", max_json_bytes);
  const json summary = text ? json::parse(*text.value, nullptr, false) : json();
  return summary.is_object() && summary.contains(key) ? summary[key] : json();
}

std::string summary_text(const fs::path& folder, const char* key) {
  const json value = summary_value(folder, key);
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace

std::optional<State> recorded_state(const fs::path& folder) {
  const std::string told = summary_text(folder, "state");
  for (const State state : {State::finished, State::failed, State::paused, State::running, State::ready}) {
    if (told == to_string(state)) return state;
  }
  return std::nullopt;
}

std::string recorded_commit(const fs::path& folder) { return summary_text(folder, "commit"); }

Result<Preset> recorded_preset(const fs::path& folder, const ParameterTable& table, const CombinationCheck& check) {
  const fs::path path = folder / "preset.json";
  Result<Preset> preset = load_preset(path, table, check);
  if (!preset) return preset;
  const auto text = read_given_file(path, max_json_bytes);
  const json recorded = text ? json::parse(*text.value, nullptr, false) : json();
  preset.value->name = recorded.is_object() ? recorded.value("name", "") : "";
  return preset;
}

Result<std::vector<Intervention>> recorded_timeline(const fs::path& folder, const Preset& preset,
                                                    const CombinationCheck& check) {
  const fs::path path = folder / "timeline.json";
  std::error_code error;
  if (!fs::exists(path, error)) return preset.schedule;
  const auto text = read_given_file(path, max_json_bytes);
  if (!text) return text.problems;
  const Result<json> parsed = parse_json(*text.value, path.string());
  if (!parsed) return parsed.problems;
  std::vector<Problem> problems;
  Preset repeated = preset;
  repeated.schedule = read_interventions(*parsed.value, preset.parameters, path.string(), "timeline", problems);
  if (problems.empty()) problems = check_preset(repeated, check);
  if (!problems.empty()) return problems;
  return repeated.schedule;
}

bool recorded_whole(const fs::path& folder, const ParameterTable& table, const CombinationCheck& check) {
  if (recorded_state(folder) != State::finished) return false;
  const json steps = summary_value(folder, "steps");
  const auto preset = recorded_preset(folder, table, check);
  if (!preset || !steps.is_number_unsigned() || steps.get<std::uint64_t>() > max_step) return false;
  const auto timeline = recorded_timeline(folder, *preset.value, check);
  if (!timeline) return false;
  const auto done = steps.get<std::int64_t>();
  return in_force(preset.value->parameters, *timeline.value, done).integer(steps_path) <= done;
}

Result<RecordedRun> read_run(const fs::path& folder, const ParameterTable& table, const CombinationCheck& check) {
  Result<Preset> preset = recorded_preset(folder, table, check);
  if (!preset) return preset.problems;
  auto timeline = recorded_timeline(folder, *preset.value, check);
  if (!timeline) return timeline.problems;
  auto parent = recorded_parent(folder, table);
  if (!parent) return parent.problems;
  RecordedRun run{
      folder, *std::move(preset.value), *std::move(timeline.value), recorded_state(folder), 0, *std::move(parent.value),
      {}};

  std::map<std::string, std::size_t> places;
  auto problems = read_scalars(folder / "scalars.csv", [&](std::int64_t step, const std::string& name, double value) {
    const auto [place, fresh] = places.emplace(name, run.last.size());
    if (fresh) run.last.emplace_back(name, value);
    run.last[place->second].second = value;
    run.steps = std::max(run.steps, step + 1);
  });
  if (!problems.empty()) return problems;
  return run;
}

Result<Curves> read_curves(const fs::path& folder, const std::set<std::string>& names) {
  Curves curves;
  const fs::path file = folder / "scalars.csv";
  bool rises = true;
  auto problems = read_scalars(file, [&](std::int64_t step, const std::string& name, double value) {
    if (!names.contains(name)) return;
    Series& series = curves[name];
    rises = rises && (series.size() == 0 || series[series.size() - 1].step < step);
    if (rises) series.append({step, value});
  });
  if (problems.empty() && !rises) problems.push_back({file.string(), "its steps don't rise", "the scalars of a run"});
  if (!problems.empty()) return problems;
  return curves;
}

std::vector<Differing> differing_parameters(const std::vector<const Parameters*>& runs) {
  std::vector<Differing> found;
  const auto look_at = [&](const std::string& path) {
    Differing row{path, {}};
    for (const Parameters* parameters : runs) row.values.push_back(to_string(parameters->get(path)));
    const bool differ =
        std::any_of(row.values.begin(), row.values.end(), [&](const auto& value) { return value != row.values[0]; });
    if (differ) found.push_back(std::move(row));
  };
  if (runs.empty()) return found;
  for (const ParameterSpec& spec : runs[0]->table().specs()) look_at(spec.path);
  std::set<std::string> overrides;
  for (const Parameters* parameters : runs) {
    for (const auto& [path, value] : parameters->overrides()) overrides.insert(path);
  }
  for (const std::string& path : overrides) look_at(path);
  return found;
}

std::vector<Differing> differing_changes(const std::vector<const std::vector<Intervention>*>& runs) {
  std::map<std::string, std::vector<std::string>> rows;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const Intervention& change : *runs[i]) {
      std::vector<std::string>& row = rows[change.path];
      row.resize(runs.size());
      if (!row[i].empty()) row[i] += "; ";
      row[i] += to_string(change.value) + " at step " + number_text(change.step);
      if (change.ramp > 0) row[i] += " over " + number_text(change.ramp);
    }
  }
  std::vector<Differing> found;
  for (auto& [path, row] : rows) {
    const bool differ = std::any_of(row.begin(), row.end(), [&row = row](const auto& text) { return text != row[0]; });
    if (differ) found.push_back({path, std::move(row)});
  }
  return found;
}

}  // namespace tessera
