// The JSON Schema of presets, from the parameter table.
#include "core/lab/json_text.h"
#include "core/lab/preset_json.h"

namespace tessera {
namespace {

using nlohmann::ordered_json;

ordered_json object_schema() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", ordered_json::object()}};
}

ordered_json described(const char* type, const char* description) {
  return {{"type", type}, {"description", description}};
}

ordered_json text_schema(const char* description, std::size_t limit) {
  return {{"type", "string"}, {"description", description}, {"maxLength", limit}};
}

ordered_json whole_schema(const char* description, std::int64_t min, std::int64_t max) {
  return {{"type", "integer"}, {"description", description}, {"minimum", min}, {"maximum", max}};
}

std::string description(const ParameterSpec& spec) {
  std::string text = spec.help;
  if (!spec.unit.empty()) text += " Unit: " + spec.unit + ".";
  if (!spec.when.path.empty()) {
    text += " Only where " + spec.when.path + " is ";
    for (std::size_t i = 0; i < spec.when.values.size(); ++i) text += (i == 0 ? "" : " or ") + spec.when.values[i];
    text += ".";
  }
  return text + (spec.applies == Applies::live ? " Can change while training." : " A change needs a rebuild.");
}

ordered_json number(double value, Kind kind) {
  if (kind == Kind::integer) return static_cast<std::int64_t>(value);
  return value;
}

ordered_json parameter_schema(const ParameterSpec& spec) {
  ordered_json schema;
  const auto type = [&] {
    switch (spec.kind) {
      case Kind::boolean:
        return "boolean";
      case Kind::integer:
        return "integer";
      case Kind::real:
        return "number";
      case Kind::choice:
      case Kind::text:
        break;
    }
    return "string";
  };
  schema["type"] = type();
  schema["title"] = spec.label;
  schema["description"] = description(spec);
  schema["default"] = value_json(spec.default_value);
  if (spec.kind == Kind::integer || spec.kind == Kind::real) {
    schema["minimum"] = number(spec.range.min, spec.kind);
    schema["maximum"] = number(spec.range.max, spec.kind);
  }
  if (spec.kind == Kind::choice) schema["enum"] = spec.choices;
  if (spec.kind == Kind::text) schema["maxLength"] = max_text_bytes;
  return schema;
}

// Puts the schema of a parameter where `path`, relative to the object `root`, says.
void place(ordered_json& root, std::string_view path, const ParameterSpec& spec) {
  ordered_json* object = &root;
  while (true) {
    const std::size_t dot = path.find('.');
    ordered_json& child = (*object)["properties"][std::string(path.substr(0, dot))];
    if (dot == std::string_view::npos) {
      child = parameter_schema(spec);
      return;
    }
    if (child.is_null()) child = object_schema();
    object = &child;
    path.remove_prefix(dot + 1);
  }
}

constexpr const char* layer_key = "layer(0|[1-9][0-9]{0,3})";

// "model.layer2": the parameters of its object that a layer may have for itself.
void place_layer(ordered_json& root, const ParameterSpec& spec) {
  const std::size_t dot = spec.path.find('.');
  if (!spec.per_layer || dot == std::string::npos) return;
  ordered_json& patterns = root["properties"][spec.path.substr(0, dot)]["patternProperties"];
  ordered_json& layer = patterns["^" + std::string(layer_key) + "$"];
  if (layer.is_null()) {
    layer = object_schema();
    layer["description"] = "Values for this layer alone; layers count from 0.";
  }
  place(layer, std::string_view(spec.path).substr(dot + 1), spec);
}

ordered_json path_schema(const ParameterTable& table) {
  ordered_json live = ordered_json::array();
  std::string pattern;
  for (const ParameterSpec& spec : table.specs()) {
    if (spec.applies != Applies::live) continue;
    live.push_back(spec.path);
    const std::size_t dot = spec.path.find('.');
    if (!spec.per_layer || dot == std::string::npos) continue;
    std::string path = spec.path.substr(0, dot) + "." + layer_key + spec.path.substr(dot);
    for (std::size_t i = path.find('.'); i != std::string::npos; i = path.find('.', i + 2)) path.insert(i, "\\");
    pattern += (pattern.empty() ? "" : "|") + path;
  }
  ordered_json any = ordered_json::array({{{"enum", live}}});
  if (!pattern.empty()) any.push_back({{"pattern", "^(" + pattern + ")$"}});
  return {{"type", "string"}, {"description", "A parameter that can change while training."}, {"anyOf", any}};
}

ordered_json schedule_schema(const ParameterTable& table) {
  ordered_json item = object_schema();
  item["required"] = {"step", "path", "value"};
  item["properties"]["step"] = whole_schema("Before this step is computed; the first is 0.", 0, max_step);
  item["properties"]["path"] = path_schema(table);
  item["properties"]["value"] = {{"type", {"boolean", "number", "string"}}, {"description", "The new value."}};
  item["properties"]["ramp"] = whole_schema("Over this many steps instead of at once; only numbers.", 0, max_step);
  ordered_json schema = described("array", "What changes while the run goes on.");
  schema["items"] = item;
  return schema;
}

ordered_json names_schema(const char* description) {
  ordered_json schema = described("array", description);
  schema["items"] = {{"type", "string"}, {"minLength", 1}, {"maxLength", 64}};
  schema["maxItems"] = 64;
  return schema;
}

ordered_json view_schema() {
  ordered_json schema = object_schema();
  schema["description"] = "What the window shows when the preset is loaded.";
  schema["properties"]["panels"] = names_schema("Panels to bring to the front.");
  schema["properties"]["layer"] = whole_schema("The selected layer; -1 leaves it as it is.", -1, 9999);
  schema["properties"]["series"] = names_schema("Families of metrics to plot, such as alpha_entropy.");
  return schema;
}

// What a variant may set, by path.
ordered_json set_schema(const ParameterTable& table) {
  ordered_json set = object_schema();
  set["minProperties"] = 1;
  set["description"] = "The parameters that differ, by path.";
  for (const ParameterSpec& spec : table.specs()) {
    if (spec.path == seed_path) continue;
    set["properties"][spec.path] = parameter_schema(spec);
    const std::size_t dot = spec.path.find('.');
    if (!spec.per_layer || dot == std::string::npos) continue;
    std::string path = spec.path.substr(0, dot) + "." + layer_key + spec.path.substr(dot);
    for (std::size_t i = path.find('.'); i != std::string::npos; i = path.find('.', i + 2)) path.insert(i, "\\");
    set["patternProperties"]["^" + path + "$"] = parameter_schema(spec);
  }
  return set;
}

ordered_json variants_schema(const ParameterTable& table) {
  ordered_json item = object_schema();
  item["required"] = {"name", "set"};
  item["properties"]["name"] = {{"type", "string"},
                                {"description", "What claims call it."},
                                {"pattern", "^(?!preset$)[a-z0-9][a-z0-9_-]{0,39}$"}};
  item["properties"]["set"] = set_schema(table);
  ordered_json schema = described("array", "The preset with other values of some parameters, for claims to compare.");
  schema["maxItems"] = max_variants;
  schema["items"] = item;
  return schema;
}

ordered_json variant_names(const char* description, std::size_t fewest, std::size_t most) {
  ordered_json schema = described("array", description);
  schema["items"] = {{"type", "string"}};
  schema["uniqueItems"] = true;
  schema["minItems"] = fewest;
  schema["maxItems"] = most;
  return schema;
}

ordered_json claims_schema() {
  ordered_json item = object_schema();
  item["required"] = {"text", "metric", "is", "value"};
  ordered_json& own = item["properties"];
  own["text"] = text_schema("What is claimed, in a sentence.", 500);
  own["text"]["minLength"] = 1;
  own["source"] = text_schema("Who says so: a paper, a document.", 500);
  own["metric"] = text_schema("A scalar metric, such as alpha_entropy/layer0.", 100);
  own["metric"]["pattern"] = "^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$";
  own["minus"] = own["metric"];
  own["minus"]["description"] = "Another scalar of the same run, reduced alike and subtracted.";
  own["over_run"] = {{"description", "How its curve becomes a number."}, {"enum", names_of(OverRun())}};
  own["over_run"]["default"] = names_of(OverRun())[0];
  own["from"] = whole_schema("The window's first step, for min, max, mean, slope, step_of_max.", 0, max_step);
  own["to"] = whole_schema("The window's last step.", 0, max_step);
  own["step"] = whole_schema("For at_step.", 0, max_step);
  own["of"] = {{"type", "string"}, {"description", "The variant; without it the preset itself."}};
  own["difference"] = variant_names("The first less the second, of the same seed.", 2, 2);
  own["ratio"] = variant_names("The first by the second, of the same seed.", 2, 2);
  own["spread"] = variant_names("The largest less the smallest, of the same seed.", 2, max_variants + 1);
  own["least"] = variant_names("The smallest, of the same seed.", 2, max_variants + 1);
  own["minus_variants"] =
      variant_names("With spread and least: others, made one number alike and subtracted.", 2, max_variants + 1);
  own["is"] = {{"description", "How it compares with `value`."}, {"enum", names_of(Comparison())}};
  own["value"] = {
      {"description", "A number; [low, high] with between."},
      {"anyOf",
       {{{"type", "number"}}, {{"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 2}, {"maxItems", 2}}}}};
  own["seeds"] = whole_schema("With fewer it stays undecided.", fewest_possible_seeds, most_seeds);
  own["seeds"]["default"] = Claim().seeds;
  ordered_json schema = described("array", "What `verify` judges.");
  schema["maxItems"] = max_claims;
  schema["items"] = item;
  return schema;
}

}  // namespace

std::string preset_schema_json(const ParameterTable& table) {
  ordered_json root;
  root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  root["title"] = "Tessera preset";
  root["description"] = "What a run is made of. Every key may be left out: then its default holds.";
  root.update(object_schema());
  ordered_json& own = root["properties"];
  own["$schema"] = text_schema("Where an editor finds this schema.", 1000);
  own["schema"] = whole_schema("Version of the preset format.", 1, preset_schema);
  own["name"] = text_schema("Of a run: the preset that it was started from.", 1000);
  own["title"] = text_schema("One line.", 200);
  own["about"] = text_schema("What it is, in a few sentences.", max_text_bytes);
  own["watch"] = text_schema("What to watch, in a few sentences.", max_text_bytes);
  own["minutes"] = {{"type", "number"},
                    {"description", "Expected time on two CPU cores; 0: not said."},
                    {"minimum", 0},
                    {"maximum", 1000000}};
  for (const ParameterSpec& spec : table.specs()) place(root, spec.path, spec);
  for (const ParameterSpec& spec : table.specs()) place_layer(root, spec);
  own["schedule"] = schedule_schema(table);
  own["view"] = view_schema();
  own["variants"] = variants_schema(table);
  own["claims"] = claims_schema();
  return print_json(root);
}

}  // namespace tessera
