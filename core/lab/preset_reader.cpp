// Presets from JSON.
#include <algorithm>
#include <map>
#include <set>

#include "core/lab/json_members.h"
#include "core/lab/json_text.h"
#include "core/lab/preset_json.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

using nlohmann::json;

// Reads the tree of parameters: which keys an object may have follows from the paths of the table.
class TreeReader {
 public:
  TreeReader(std::string_view where, const ParameterTable& table, std::vector<Problem>& problems)
      : where_(where), table_(table), problems_(problems) {
    for (const ParameterSpec& spec : table.specs()) {
      for (std::size_t dot = spec.path.find('.');; dot = spec.path.find('.', dot + 1)) {
        const std::string upper = dot == std::string::npos ? spec.path : spec.path.substr(0, dot);
        const std::size_t before = upper.rfind('.');
        const std::string parent = before == std::string::npos ? "" : upper.substr(0, before);
        const std::string name = upper.substr(before + 1);
        add(children_[parent], name);
        if (spec.per_layer) add(layer_children_[parent], name);
        if (dot == std::string::npos) break;
      }
    }
  }

  void read(const json& object, const std::string& path, const std::vector<std::string>& skipped) {
    const auto layer = layer_path(path);
    const auto& known = layer ? layer_children_.at(layer->base) : children_.at(path);
    for (const auto& [key, value] : object.items()) {
      if (problems_.size() >= max_problems) return;
      if (std::find(skipped.begin(), skipped.end(), key) != skipped.end()) continue;
      const std::string child = path.empty() ? key : path + "." + key;
      const bool own_key = !key.empty() && key.find('.') == std::string::npos;
      if (own_key && table_.find(child) != nullptr) {
        read_value(child, value);
      } else if (own_key && is_object(child)) {
        read_object(child, value);
      } else {
        unknown(key, child, path, known, skipped);
      }
    }
  }

  std::vector<std::pair<std::string, Value>> found;

 private:
  using Children = std::map<std::string, std::vector<std::string>>;

  static void add(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  // Whether `path` is an object of parameters, "model" or "model.layer2.router".
  bool is_object(const std::string& path) const {
    const auto layer = layer_path(path);
    if (layer) return layer_children_.contains(layer->base);
    return children_.contains(path);
  }

  void read_value(const std::string& path, const json& value) {
    if (std::optional<Value> plain = value_of(value)) {
      found.emplace_back(path, *std::move(plain));
    } else {
      problems_.push_back({at(where_, path), shown(value), allowed_values(*table_.find(path))});
    }
  }

  void read_object(const std::string& path, const json& value) {
    if (value.is_object()) return read(value, path, {});
    const auto layer = layer_path(path);
    const auto& names = layer ? layer_children_.at(layer->base) : children_.at(path);
    problems_.push_back({at(where_, path), shown(value), "an object with " + listed(names)});
  }

  void unknown(const std::string& key, const std::string& child, const std::string& path,
               std::vector<std::string> known, const std::vector<std::string>& skipped) {
    if (const ParameterSpec* spec = table_.find(child)) {  // "router.k": with a dot
      problems_.push_back(
          {at(where_, printable(child)), "key with a dot",
           "objects within objects, {" + in_quotes(spec->path.substr(0, spec->path.find('.'))) + ": {...}}"});
      return;
    }
    known.insert(known.end(), skipped.begin(), skipped.end());
    if (!path.empty() && path.find('.') == std::string::npos && layer_children_.contains(path))
      known.push_back("layer0, layer1, ...");
    unknown_key(where_, path, key, known, problems_);
  }

  std::string where_;
  const ParameterTable& table_;
  std::vector<Problem>& problems_;
  Children children_, layer_children_;  // names within each object
};

std::optional<Intervention> read_intervention(const json& item, const Parameters& parameters, std::string_view where,
                                              const std::string& path, std::vector<Problem>& problems) {
  if (!item.is_object()) {
    problems.push_back({at(where, path), shown(item), "an object with step, path, value and ramp"});
    return std::nullopt;
  }
  const std::size_t before = problems.size();
  Members members(item, path, where, problems);
  members.only({"step", "path", "value", "ramp"});
  Intervention intervention;
  members.whole("step", intervention.step, 0, max_step);
  members.whole("ramp", intervention.ramp, 0, max_step);
  members.text("path", intervention.path, 200, false);
  for (const char* key : {"step", "path", "value"}) members.missing(key);
  if (problems.size() != before) return std::nullopt;
  const json& value = *members.member("value");
  if (std::optional<Value> plain = value_of(value)) {
    intervention.value = *std::move(plain);
  } else {
    members.wrong("value", value, "a number, true, false or a text");
    return std::nullopt;
  }
  Result<Intervention> good = checked(intervention, parameters, at(where, path));
  problems.insert(problems.end(), good.problems.begin(), good.problems.end());
  return std::move(good.value);
}

void read_view(const json& value, std::string_view where, View& view, std::vector<Problem>& problems) {
  if (!value.is_object()) {
    problems.push_back({at(where, "view"), shown(value), "an object with panels, layer and series"});
    return;
  }
  Members members(value, "view", where, problems);
  members.only({"panels", "layer", "series"});
  members.names("panels", view.panels);
  members.names("series", view.series);
  std::int64_t layer = view.layer;
  members.whole("layer", layer, -1, 9999);
  view.layer = static_cast<int>(layer);
}

// Whether the schema is one that this program knows; nothing else is looked at otherwise.
bool check_schema(const json& object, std::string_view where, std::vector<Problem>& problems) {
  const auto found = object.find("schema");
  if (found == object.end()) return true;
  const bool number = found->is_number_integer();
  if (number && found->get<double>() >= 1 && found->get<double>() <= preset_schema) return true;
  const bool newer = number && found->get<double>() > preset_schema;
  problems.push_back({at(where, "schema"),
                      shown(*found) + (newer ? " (a newer version of Tessera wrote this preset)" : ""),
                      preset_schema == 1 ? "1" : "1 to " + std::to_string(preset_schema)});
  return false;
}

}  // namespace

std::vector<Intervention> read_interventions(const json& array, const Parameters& parameters, std::string_view where,
                                             const std::string& path, std::vector<Problem>& problems) {
  std::vector<Intervention> read;
  if (!array.is_array() || array.size() > max_interventions) {
    problems.push_back({at(where, path), array.is_array() ? std::to_string(array.size()) + " entries" : shown(array),
                        "an array of at most " + std::to_string(max_interventions) + " interventions"});
    return read;
  }
  std::set<std::pair<std::int64_t, std::string>> seen;
  for (std::size_t i = 0; i < array.size() && problems.size() < max_problems; ++i) {
    const std::string place = path + "[" + std::to_string(i) + "]";
    std::optional<Intervention> intervention = read_intervention(array[i], parameters, where, place, problems);
    if (!intervention) continue;
    if (!seen.emplace(intervention->step, intervention->path).second) {
      problems.push_back(
          {at(where, place), intervention->path + " changes twice at step " + number_text(intervention->step), "once"});
    }
    read.push_back(*std::move(intervention));
  }
  std::stable_sort(read.begin(), read.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return read;
}

void read_parameters(const json& object, const std::vector<std::string>& skipped, std::string_view where,
                     Parameters& parameters, std::vector<Problem>& problems) {
  TreeReader reader(where, parameters.table(), problems);
  reader.read(object, "", skipped);
  // How many layers there are must be known before anything is said of one of them.
  std::stable_partition(reader.found.begin(), reader.found.end(),
                        [](const auto& entry) { return !layer_path(entry.first); });
  for (const auto& [path, value] : reader.found) {
    for (Problem& problem : parameters.set(path, value, where)) problems.push_back(std::move(problem));
  }
}

Result<Preset> read_preset(std::string_view text, std::string_view where, const ParameterTable& table,
                           const CombinationCheck& check) {
  const Result<json> parsed = parse_json(text, where);
  if (!parsed) return parsed.problems;
  const json& object = *parsed.value;
  std::vector<Problem> problems;
  if (!object.is_object()) return std::vector<Problem>{{std::string(where), shown(object), "an object, {...}"}};
  if (!check_schema(object, where, problems)) return problems;

  static const std::vector<std::string> own = {"$schema", "schema",   "name", "title",    "about", "watch",
                                               "minutes", "schedule", "view", "variants", "claims"};
  Preset preset(table);
  Members members(object, "", where, problems);
  std::string for_editors;  // where an editor finds presets/schema.json
  members.text("$schema", for_editors, 1000, false);
  members.text("name", preset.name, 1000, false);
  members.text("title", preset.title, 200, false);
  members.text("about", preset.about, max_text_bytes, true);
  members.text("watch", preset.watch, max_text_bytes, true);
  members.number("minutes", preset.minutes, 1e6);
  read_parameters(object, own, where, preset.parameters, problems);
  if (const json* schedule = members.member("schedule")) {
    preset.schedule = read_interventions(*schedule, preset.parameters, where, "schedule", problems);
  }
  if (const json* view = members.member("view")) read_view(*view, where, preset.view, problems);
  if (const json* variants = members.member("variants")) {
    preset.variants = read_variants(*variants, table, where, problems);
  }
  if (const json* claims = members.member("claims")) {
    preset.claims = read_claims(*claims, preset.variants, where, problems);
  }
  if (problems.empty() && check) {
    for (Problem& problem : check_preset(preset, check)) {
      problem.where = problem.where.empty() ? std::string(where) : at(where, problem.where);
      problems.push_back(std::move(problem));
    }
  }
  if (!problems.empty()) return problems;
  return preset;
}

}  // namespace tessera
