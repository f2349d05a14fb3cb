// Presets as values and as files.
#include "core/lab/preset.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <tuple>

#include "core/lab/atomic_file.h"
#include "core/lab/json_text.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

// "specialize/first-light" for ".../presets/specialize/first-light.json"; elsewhere the file's name. The innermost
// folder of that name counts: a checkout may lie in another one.
std::string name_of(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  const std::vector<fs::path> parts(whole.begin(), whole.end());
  const auto folder = std::find(std::next(parts.rbegin()), parts.rend(), fs::path("presets"));
  if (folder == parts.rend()) return path.stem().string();
  fs::path name;
  for (auto part = folder.base(); part != parts.end(); ++part) name /= *part;
  return name.replace_extension().generic_string();
}

// Where a topic stands in the order of the design; those that it doesn't name come last.
std::size_t topic_rank(const std::string& topic) {
  static constexpr std::array<std::string_view, 7> topics = {"specialize", "routers", "language", "competition",
                                                             "conflict",   "mosaic",  "surprise"};
  return static_cast<std::size_t>(std::find(topics.begin(), topics.end(), topic) - topics.begin());
}

}  // namespace

bool operator==(const Preset& a, const Preset& b) {
  return a.title == b.title && a.about == b.about && a.watch == b.watch && a.minutes == b.minutes &&
         a.parameters == b.parameters && a.schedule == b.schedule && a.view == b.view && a.variants == b.variants &&
         a.claims == b.claims;
}

Result<Intervention> checked(const Intervention& intervention, const Parameters& parameters, std::string_view where) {
  const auto place = [&](const char* key) { return where.empty() ? key : std::string(where) + "." + key; };
  std::vector<Problem> problems;
  Intervention good = intervention;
  Parameters scratch = parameters;
  for (Problem& problem : scratch.set(intervention.path, intervention.value, where)) {
    problems.push_back(std::move(problem));
  }
  if (problems.empty()) good.value = scratch.get(intervention.path);
  const ParameterSpec* spec = parameters.table().find(intervention.path);
  if (spec != nullptr && spec->applies != Applies::live) {
    std::vector<std::string> live;
    for (const ParameterSpec& other : parameters.table().specs()) {
      if (other.applies == Applies::live) live.push_back(other.path);
    }
    problems.push_back(
        {place("path"), in_quotes(intervention.path) + " can't change while training", listed(live, 12)});
  }
  const std::string steps = "0 to " + number_text(max_step);
  if (intervention.step < 0 || intervention.step > max_step) {
    problems.push_back({place("step"), number_text(intervention.step), steps});
  }
  if (intervention.ramp < 0 || intervention.ramp > max_step) {
    problems.push_back({place("ramp"), number_text(intervention.ramp), steps});
  } else if (spec != nullptr && intervention.ramp > 0 && spec->kind != Kind::integer && spec->kind != Kind::real) {
    problems.push_back({place("ramp"), number_text(intervention.ramp), "0: only numbers can change gradually"});
  }
  if (problems.empty() && good.path == steps_path && spec->kind == Kind::integer) {
    if (good.ramp > 0) problems.push_back({place("ramp"), number_text(good.ramp), "0: run.steps changes at once"});
    if (std::get<std::int64_t>(good.value) <= good.step) {
      problems.push_back({place("value"), to_string(good.value),
                          "more than " + number_text(good.step) + ": so many steps are done by then"});
    }
  }
  if (!problems.empty()) return problems;
  return good;
}

std::vector<Problem> check_schedule(const std::vector<Intervention>& schedule, Parameters parameters,
                                    const CombinationCheck& check) {
  constexpr std::size_t enough = 1000;  // more problems help nobody
  std::vector<Problem> problems;
  Parameters before = parameters;
  for (std::size_t i = 0; i < schedule.size() && problems.size() < enough; ++i) {
    const std::int64_t step = schedule[i].step;
    const std::string where = "schedule, step " + number_text(step);
    const Result<Intervention> good = checked(schedule[i], parameters, where);
    problems.insert(problems.end(), good.problems.begin(), good.problems.end());
    if (good) parameters.set(good.value->path, good.value->value);
    const bool last_of_step = i + 1 == schedule.size() || schedule[i + 1].step != step;
    if (!check || !last_of_step || parameters == before) continue;
    const std::vector<Problem> together = check(parameters);
    for (const Problem& problem : together)
      problems.push_back({where + ": " + problem.where, problem.found, problem.allowed});
    together.empty() ? before = parameters : parameters = before;  // what comes later isn't blamed for it
  }
  return problems;
}

std::vector<Problem> check_preset(const Preset& preset, const CombinationCheck& check) {
  std::vector<Problem> problems;
  if (check) problems = check(preset.parameters);
  const std::vector<Problem> later =
      check_schedule(preset.schedule, preset.parameters, problems.empty() ? check : CombinationCheck());
  problems.insert(problems.end(), later.begin(), later.end());
  return problems;
}

Result<Preset> variant_of(const Preset& preset, std::string_view name) {
  Preset made = preset;
  made.variants.clear();
  made.claims.clear();
  if (name == preset_itself) return made;
  const auto found =
      std::find_if(preset.variants.begin(), preset.variants.end(), [&](const Variant& v) { return v.name == name; });
  const std::string where = "variant " + printable(name);
  if (found == preset.variants.end()) return std::vector<Problem>{{where, "there is no such variant", ""}};
  std::vector<Problem> problems;
  for (const auto& [path, value] : found->parameters) {
    for (Problem& problem : made.parameters.set(path, value, where)) problems.push_back(std::move(problem));
  }
  if (!problems.empty()) return problems;
  return made;
}

std::vector<Problem> check_variants(const Preset& preset, const CombinationCheck& check) {
  std::vector<Problem> problems;
  for (const Variant& variant : preset.variants) {
    const Result<Preset> made = variant_of(preset, variant.name);
    problems.insert(problems.end(), made.problems.begin(), made.problems.end());
    if (!made) continue;
    for (Problem& problem : check_preset(*made.value, check)) {
      problem.where = "variant " + variant.name + ": " + problem.where;
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

Result<Preset> load_preset(const fs::path& path, const ParameterTable& table, const CombinationCheck& check) {
  const std::string where = path.string();
  const auto problem = [&](std::string found) {
    return std::vector<Problem>{{where, std::move(found), "a readable file with a preset (JSON)"}};
  };
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return problem("there is no such file");
  if (!fs::is_regular_file(status)) return problem(error ? error.message() : "this is not a file");
  std::ifstream file(path, std::ios::binary);
  std::string text(max_json_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && !file.eof()) return problem("it can't be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  Result<Preset> preset = read_preset(text, where, table, check);
  if (preset) preset.value->name = name_of(path);
  return preset;
}

void save_preset(const Preset& preset, const fs::path& path) { write_file(path, write_preset(preset, false)); }

std::vector<PresetFile> find_presets(const fs::path& folder) {
  std::vector<PresetFile> found;
  std::error_code error;
  for (const fs::directory_entry& topic : fs::directory_iterator(folder, error)) {
    if (!topic.is_directory(error)) continue;
    for (const fs::directory_entry& file : fs::directory_iterator(topic.path(), error)) {
      const std::string stem = file.path().stem().string();
      if (!file.is_regular_file(error) || file.path().extension() != ".json" || stem.starts_with(".")) continue;
      const std::string name = topic.path().filename().string();
      found.push_back({file.path(), name + "/" + stem, name});
    }
  }
  std::sort(found.begin(), found.end(), [](const PresetFile& a, const PresetFile& b) {
    return std::tuple(topic_rank(a.topic), a.topic, a.name) < std::tuple(topic_rank(b.topic), b.topic, b.name);
  });
  return found;
}

}  // namespace tessera
