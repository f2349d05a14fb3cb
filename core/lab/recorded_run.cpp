// See recorded_run.h.
#include "core/lab/recorded_run.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <set>

#include "core/lab/json_text.h"
#include "core/lab/preset_json.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Row {
  std::int64_t step;
  std::string name;
  double value;
};

// step,name,value; a name in quotes has them doubled.
std::optional<Row> parse_row(std::string_view line) {
  const std::size_t first = line.find(','), last = line.rfind(',');
  if (first == std::string_view::npos || last == first) return std::nullopt;
  Row row{};
  const auto number = [](std::string_view text, auto& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (!number(line.substr(0, first), row.step) || !number(line.substr(last + 1), row.value)) return std::nullopt;
  std::string_view name = line.substr(first + 1, last - first - 1);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '"') ++i;
    if (i < name.size()) row.name += name[i];
  }
  return row;
}

std::vector<Problem> problem(const fs::path& file, std::string found, std::string allowed) {
  return {{file.string(), std::move(found), std::move(allowed)}};
}

}  // namespace

std::optional<State> recorded_state(const fs::path& folder) {
  std::ifstream file(folder / "summary.json", std::ios::binary);
  const json summary = json::parse(file, nullptr, false);
  const auto found = summary.is_object() ? summary.find("state") : summary.end();
  if (!summary.is_object() || found == summary.end()) return std::nullopt;
  for (const State state : {State::finished, State::failed, State::paused, State::running, State::ready}) {
    if (*found == to_string(state)) return state;
  }
  return std::nullopt;
}

Result<Preset> recorded_preset(const fs::path& folder, const ParameterTable& table, const CombinationCheck& check) {
  const fs::path path = folder / "preset.json";
  Result<Preset> preset = load_preset(path, table, check);
  if (!preset) return preset;
  std::ifstream file(path, std::ios::binary);
  const json recorded = json::parse(file, nullptr, false);
  preset.value->name = recorded.is_object() ? recorded.value("name", "") : "";
  return preset;
}

Result<std::vector<Intervention>> recorded_timeline(const fs::path& folder, const Preset& preset,
                                                    const CombinationCheck& check) {
  const fs::path path = folder / "timeline.json";
  std::error_code error;
  if (!fs::exists(path, error)) return preset.schedule;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Result<json> parsed = parse_json(text, path.string());
  if (!parsed) return parsed.problems;
  std::vector<Problem> problems;
  Preset repeated = preset;
  repeated.schedule = read_interventions(*parsed.value, preset.parameters, path.string(), "timeline", problems);
  if (problems.empty()) problems = check_preset(repeated, check);
  if (!problems.empty()) return problems;
  return repeated.schedule;
}

Result<RecordedRun> read_run(const fs::path& folder, const ParameterTable& table, const CombinationCheck& check) {
  Result<Preset> preset = recorded_preset(folder, table, check);
  if (!preset) return preset.problems;
  auto timeline = recorded_timeline(folder, *preset.value, check);
  if (!timeline) return timeline.problems;
  RecordedRun run{folder, *std::move(preset.value), *std::move(timeline.value), recorded_state(folder), 0, {}};

  const fs::path file = folder / "scalars.csv";
  std::ifstream scalars(file, std::ios::binary);
  std::string line;
  if (!scalars || !std::getline(scalars, line)) return problem(file, "can't be read", "the scalars of a run");
  std::map<std::string, std::size_t> places;
  for (std::int64_t number = 2; std::getline(scalars, line) && !scalars.eof(); ++number) {
    const std::optional<Row> row = parse_row(line);
    if (!row) return problem(file, "line " + std::to_string(number), "step,name,value");
    const auto [place, fresh] = places.emplace(row->name, run.last.size());
    if (fresh) run.last.emplace_back(row->name, row->value);
    run.last[place->second].second = row->value;
    run.steps = std::max(run.steps, row->step + 1);
  }
  return run;
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

}  // namespace tessera
