// See verify_plan.h.
#include "app/commands/verify_plan.h"

#include <algorithm>
#include <charconv>

#include "app/commands/command.h"
#include "core/experiment.h"
#include "core/lab/judge.h"
#include "core/lab/never_began.h"
#include "core/lab/recorded_run.h"
#include "core/lab/text.h"

namespace fs = std::filesystem;

namespace tessera::commands {
namespace {

// A preset's name as one part of a path: nothing in it leads elsewhere.
std::string folder_name(const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    safe += plain ? c : '-';
  }
  while (safe.starts_with(".") || safe.starts_with("-")) safe.erase(0, 1);
  return safe.empty() ? "preset" : safe.substr(0, 80);
}

// The same with the name's folders kept: what is loaded from there has the preset's name.
fs::path file_name(const std::string& name) {
  fs::path path;
  for (const fs::path& part : fs::path(name)) path /= folder_name(part.string());
  return path.empty() ? fs::path("preset") : path;
}

std::vector<std::string> folder_names(const std::vector<Preset>& presets) {
  std::vector<std::string> names;
  for (const Preset& preset : presets) {
    const std::string wanted = folder_name(preset.name);
    std::string name = wanted;
    for (int n = 2; std::find(names.begin(), names.end(), name) != names.end(); ++n) {
      name = wanted + "-" + std::to_string(n);
    }
    names.push_back(name);
  }
  return names;
}

// How far the run in a folder is, or why it can't be used.
Result<Progressed> progress_of(const fs::path& folder, const Preset& wanted) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return Progressed::no;
  if (fs::is_directory(folder, error) && fs::is_empty(folder, error)) return Progressed::no;
  const auto problem = [&](std::string found) {
    return std::vector<Problem>{{folder.string(), std::move(found), "another --out"}};
  };
  if (!fs::exists(folder / "preset.json", error)) {
    if (never_began(folder)) return Progressed::no;  // its recorder removes what there is
    return problem("there is something in it that is no run");
  }
  const auto recorded = recorded_preset(folder, experiment_parameters());
  if (!recorded) return recorded.problems;
  if (recorded.value->parameters != wanted.parameters || recorded.value->schedule != wanted.schedule) {
    const auto differ = differing_parameters({&recorded.value->parameters, &wanted.parameters});
    return problem("holds a run with another " + (differ.empty() ? "schedule" : differ[0].path));
  }
  const auto timeline = recorded_timeline(folder, *recorded.value);
  if (!timeline) return timeline.problems;
  if (*timeline.value != wanted.schedule) return problem("holds a run in which something was changed");
  return recorded_state(folder) == State::finished ? Progressed::finished : Progressed::begun;
}

std::vector<Problem> seed_problems(const Preset& preset, std::int64_t seeds) {
  const ParameterSpec& spec = *preset.parameters.table().find(seed_path);
  const std::int64_t last = preset.parameters.integer(seed_path) + seeds - 1;
  const auto good = checked(spec, last, preset.name + ": the last seed, " + seed_path + " + " + number_text(seeds - 1));
  return good.problems;
}

// "alpha_entropy/layer3" -> 3; -1 where no layer is named.
std::int64_t layer_of(const std::string& metric) {
  constexpr std::string_view mark = "/layer";
  const std::size_t at = metric.rfind(mark);
  if (at == std::string::npos) return -1;
  const std::string_view digits = std::string_view(metric).substr(at + mark.size());
  std::int64_t layer = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  return error == std::errc() && end == digits.data() + digits.size() ? layer : -1;
}

// Metrics are declared of some layers, and of a head of tiles; one of linear experts has the same.
std::string as_declared(const std::string& metric, std::int64_t layer) {
  constexpr std::string_view of_experts = "/experts";
  if (metric.ends_with(of_experts)) return metric.substr(0, metric.size() - of_experts.size()) + "/tiles";
  return layer < 0 ? metric : metric.substr(0, metric.rfind("/layer")) + "/layer0";
}

std::vector<Problem> metric_problems(const Preset& preset, const Claim& claim, const std::string& metric,
                                     const std::string& where, const std::vector<std::string>& declared) {
  const std::int64_t layer = layer_of(metric);
  const std::string general = as_declared(metric, layer);
  if (std::find(declared.begin(), declared.end(), general) == declared.end()) {
    const std::string meant = nearest(general, declared);
    return {
        {where,
         in_quotes(metric) + " is no scalar metric" + (meant.empty() ? "" : "; did you mean " + in_quotes(meant) + "?"),
         ""}};
  }
  std::vector<Problem> problems;
  for (const std::string& variant : claim.variants) {
    const Parameters parameters = variant_of(preset, variant).value->parameters;
    const std::string head = parameters.text("model.head.kind");
    for (const std::string kind : {"tiles", "experts"}) {
      if (metric.ends_with("/" + kind) && head != kind) {
        problems.push_back(
            {where, in_quotes(metric) + " of " + variant, "a metric of what model.head.kind is: " + head});
      }
    }
    const std::int64_t depth = parameters.integer("model.depth");
    if (layer < depth) continue;
    problems.push_back({where, in_quotes(metric) + " of " + variant,
                        "layers 0 to " + number_text(depth - 1) + ": model.depth is " + number_text(depth)});
  }
  return problems;
}

}  // namespace

Preset preset_of(const VerifyPlan& plan, const VerifyRun& run) {
  const Preset& preset = plan.presets[run.preset];
  if (run.variant == preset_itself) return preset;
  Preset made = *variant_of(preset, run.variant).value;
  made.title += made.title.empty() ? run.variant : ", " + run.variant;
  return made;
}

Result<VerifyPlan> plan_runs(std::vector<Preset> presets, std::int64_t seeds, const fs::path& out) {
  VerifyPlan plan{std::move(presets), {}};
  std::vector<Problem> problems;
  const std::vector<std::string> folders = folder_names(plan.presets);
  for (std::size_t i = 0; i < plan.presets.size(); ++i) {
    const Preset& preset = plan.presets[i];
    const auto say = [&](std::vector<Problem> found) {
      for (Problem& problem : found) problem.where = preset.name + ": " + problem.where;
      append(problems, found);
    };
    if (preset.claims.empty()) problems.push_back({preset.name, "it claims nothing", "a preset with claims"});
    const std::size_t before = problems.size();
    say(check_variants(preset, check_combinations));
    append(problems, seed_problems(preset, seeds));
    if (problems.size() != before) continue;
    for (std::int64_t seed = preset.parameters.integer(seed_path), n = 0; n < seeds; ++n, ++seed) {
      for (const std::string& variant : needed_variants(preset.claims)) {
        VerifyRun run{i, variant, seed, out / folders[i] / (variant + "-" + number_text(seed)), {}};
        run.preset_file = out / folders[i] / "presets" / file_name(preset.name);
        if (variant != preset_itself) run.preset_file /= variant;
        run.preset_file += ".json";
        Preset wanted = preset_of(plan, run);
        wanted.parameters.set(seed_path, seed);
        const auto progressed = progress_of(run.folder, wanted);
        append(problems, progressed.problems);
        if (progressed) run.progressed = *progressed.value;
        plan.runs.push_back(std::move(run));
      }
    }
  }
  if (!problems.empty()) return problems;
  return plan;
}

std::vector<Problem> check_metrics(const VerifyPlan& plan, const std::vector<MetricSpec>& declared) {
  std::vector<std::string> scalars;
  for (const MetricSpec& spec : declared) {
    if (spec.rank == 0) scalars.push_back(spec.name);
  }
  std::vector<Problem> problems;
  for (const Preset& preset : plan.presets) {
    for (std::size_t i = 0; i < preset.claims.size(); ++i) {
      const Claim& claim = preset.claims[i];
      const std::string where = preset.name + ": claims[" + std::to_string(i) + "]";
      append(problems, metric_problems(preset, claim, claim.metric, where + ".metric", scalars));
      if (!claim.minus.empty())
        append(problems, metric_problems(preset, claim, claim.minus, where + ".minus", scalars));
    }
  }
  return problems;
}

std::size_t runs_at_once(const VerifyPlan& plan, std::size_t cores) {
  std::int64_t threads = 1;
  for (const VerifyRun& run : plan.runs) {
    threads = std::max(threads, preset_of(plan, run).parameters.integer("run.threads"));
  }
  return std::max<std::size_t>(1, cores / static_cast<std::size_t>(threads));
}

}  // namespace tessera::commands
