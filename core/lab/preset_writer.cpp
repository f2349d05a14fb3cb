// Presets as JSON.
#include "core/lab/json_text.h"
#include "core/lab/preset_json.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

using nlohmann::ordered_json;

// The member of `root` that `path` names, with the objects on the way there.
ordered_json& member(ordered_json& root, const std::string& path) {
  ordered_json* place = &root;
  std::size_t start = 0;
  while (true) {
    const std::size_t dot = path.find('.', start);
    place = &(*place)[path.substr(start, dot - start)];
    if (dot == std::string::npos) return *place;
    start = dot + 1;
  }
}

}  // namespace

ordered_json value_json(const Value& value) {
  return std::visit([](const auto& plain) { return ordered_json(plain); }, value);
}

ordered_json interventions_json(const std::vector<Intervention>& interventions) {
  ordered_json array = ordered_json::array();
  for (const Intervention& intervention : interventions) {
    ordered_json item;
    item["step"] = intervention.step;
    item["path"] = intervention.path;
    item["value"] = value_json(intervention.value);
    if (intervention.ramp > 0) item["ramp"] = intervention.ramp;
    array.push_back(std::move(item));
  }
  return array;
}

ordered_json parameters_json(const Parameters& parameters, bool complete) {
  ordered_json root = ordered_json::object();
  for (const ParameterSpec& spec : parameters.table().specs()) {
    const Value& value = parameters.get(spec.path);
    if (complete || value != spec.default_value) member(root, spec.path) = value_json(value);
  }
  for (const auto& [path, value] : parameters.overrides()) member(root, path) = value_json(value);
  return root;
}

std::string write_preset(const Preset& preset, bool complete) {
  ordered_json root;
  root["schema"] = preset_schema;
  if (complete && !preset.name.empty()) root["name"] = printable(preset.name);
  if (!preset.title.empty()) root["title"] = preset.title;
  if (!preset.about.empty()) root["about"] = preset.about;
  if (!preset.watch.empty()) root["watch"] = preset.watch;
  if (preset.minutes > 0) root["minutes"] = preset.minutes;
  root.update(parameters_json(preset.parameters, complete));
  if (!preset.schedule.empty()) root["schedule"] = interventions_json(preset.schedule);
  if (preset.view != View()) {
    ordered_json& view = root["view"] = ordered_json::object();
    if (!preset.view.panels.empty()) view["panels"] = preset.view.panels;
    if (preset.view.layer >= 0) view["layer"] = preset.view.layer;
    if (!preset.view.series.empty()) view["series"] = preset.view.series;
  }
  if (!preset.variants.empty()) root["variants"] = variants_json(preset.variants);
  if (!preset.claims.empty()) root["claims"] = claims_json(preset.claims);
  return print_json(root);
}

}  // namespace tessera
