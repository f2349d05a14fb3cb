// The generated pages of the manual.
#include "app/commands/manual_pages.h"

#include <set>

#include "app/commands/engine_library.h"
#include "app/commands/places.h"
#include "core/experiment.h"
#include "core/lab/parameter.h"
#include "core/lab/preset.h"
#include "core/lab/text.h"

namespace tessera::commands {
namespace {

constexpr const char* note =
    "<!-- Written by `./lab manual docs/manual` from the descriptions in the source; edit those. -->\n\n";

// Plain text in Markdown, also within a table's cell.
std::string prose(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(const std::string& text) { return "`" + text + "`"; }

std::string condition(const Condition& when) {
  if (when.path.empty()) return "";
  std::string text = " Matters while " + code(when.path) + " is ";
  for (std::size_t i = 0; i < when.values.size(); ++i) text += (i ? " or " : "") + code(when.values[i]);
  return text + ".";
}

std::string allowed_prose(const ParameterSpec& spec) {
  if (spec.kind != Kind::choice) return prose(allowed_values(spec)) + (spec.unit.empty() ? "" : " " + prose(spec.unit));
  std::string text;
  for (const std::string& choice : spec.choices) text += (text.empty() ? "" : ", ") + code(choice);
  return text;
}

std::string parameters_page() {
  std::string page = note;
  page +=
      "# Parameters\n\n"
      "Every parameter of an experiment: its path in a preset and for `--set`, what it may be, its default. A *live* "
      "one "
      "acts at the next step, also from a preset's schedule; a change of another needs a *rebuild* of the experiment. "
      "One "
      "marked *per layer* can be overridden for one MoE layer: `model.layer2.router.k` is `model.router.k` of layer "
      "2.\n";
  std::string group;
  for (const ParameterSpec& spec : experiment_parameters().specs()) {
    if (spec.group != group) {
      group = spec.group;
      page += "\n## " + group + "\n\n| path | allowed | default | acts | what it does |\n|---|---|---|---|---|\n";
    }
    const std::string value = to_string(spec.default_value);
    page += "| " + code(spec.path) + " | " + allowed_prose(spec) + " | " + (value.empty() ? "empty" : code(value)) +
            " | " + (spec.applies == Applies::live ? "live" : "rebuild") + (spec.per_layer ? ", per layer" : "") +
            " | " + prose(spec.help) + condition(spec.when) + " |\n";
  }
  return page;
}

// "overlap/layerI": one entry for all layers.
std::string name_of(const MetricSpec& spec) {
  return spec.layer < 0 ? spec.name : spec.name.substr(0, spec.name.rfind('/')) + "/layerI";
}

std::string shape_of(const MetricSpec& spec) {
  if (spec.rank == 0) return "a curve";
  return "a matrix, " + spec.axes[0].title + " by " + spec.axes[1].title;
}

std::string metrics_page() {
  std::string page = note;
  page +=
      "# Metrics\n\n"
      "What is measured while an experiment runs, as the question marks in the window and `scalars.csv` have it. "
      "Layers "
      "count from 0; the tiles or experts of a head come after them, as `/tiles` or `/experts`.\n";
  std::set<std::string> seen;
  for (const MetricSpec& spec : declared_metrics()) {
    const std::string name = name_of(spec);
    if (!seen.insert(name).second) continue;
    page += "\n## " + code(name) + "\n\n" + prose(spec.definition) + "\n\n";
    page += "- Shape: " + shape_of(spec) + (spec.unit.empty() ? "" : ", in " + spec.unit) + "\n";
    if (!spec.formula.empty()) page += "- Formula: " + code(spec.formula) + "\n";
    if (!spec.source.empty()) page += "- Source: " + prose(spec.source) + "\n";
  }
  return page;
}

std::string presets_page() {
  std::string page = note;
  page +=
      "# Shipped presets\n\n"
      "With the data set that each needs, and its time on two CPU cores. [presets.md](presets.md) describes the "
      "format.\n";
  for (const PresetFile& file : find_presets(presets_folder())) {
    const auto preset = load_preset(file.path, experiment_parameters(), check_combinations);
    if (!preset) throw InputError(preset.problems);
    page += "\n## " + code(file.name) + ": " + prose(preset.value->title) + "\n\n";
    page += prose(preset.value->about) + "\n\n";
    if (!preset.value->watch.empty()) page += "*Watch:* " + prose(preset.value->watch) + "\n\n";
    page += data_of(*preset.value) + ", " + number_text(preset.value->minutes) +
            (preset.value->minutes == 1 ? " minute\n" : " minutes\n");
  }
  return page;
}

}  // namespace

std::vector<Page> manual_pages() {
  return {{"parameters.md", parameters_page()}, {"metrics.md", metrics_page()}, {"shipped-presets.md", presets_page()}};
}

}  // namespace tessera::commands
