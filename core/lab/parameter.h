// Parameters are described once, here, by the component that has them; JSON, schema, command line, controls panel and
// manual all follow from the description.
//
// A component has a plain struct with defaults and one member function that names its fields:
//
//   struct RouterParameters {
//     double temperature = 1.0;
//     void describe(Describer& d) {
//       d.real("temperature", temperature, {.min = 0.01, .max = 100, .scale = Scale::logarithmic}, "",
//              "Divides the logits: low is sharp, high is flat.", Applies::live);
//     }
//   };
//
// The same function collects the specs (SpecCollector) and fills a struct from the values of a preset (Loader).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/lab/problem.h"

namespace tessera {

enum class Kind { boolean, integer, real, choice, text };
enum class Applies { live, rebuild };  // at the next step, or only by building the experiment anew
enum class Scale { linear, logarithmic };

using Value = std::variant<bool, std::int64_t, double, std::string>;  // choice and text are strings
std::string to_string(const Value& value);                            // shortest text that reads back to the same value
inline constexpr std::size_t max_text_bytes = 4096;                   // of one text value

struct Range {  // closed and finite on both sides
  double min = 0, max = 1;
  Scale scale = Scale::linear;  // of its slider
};

struct Condition {  // the parameter only matters while the one at `path` has one of these values; empty path: always
  std::string path;
  std::vector<std::string> values;
};

struct ParameterSpec {
  std::string path;   // "model.router.temperature"
  std::string group;  // heading in the controls panel and manual: "Router"
  std::string label;  // "temperature"; made from the path's last part
  Kind kind = Kind::real;
  Range range;                       // integer and real
  std::vector<std::string> choices;  // choice
  Value default_value;
  std::string unit, help;
  Applies applies = Applies::rebuild;
  Condition when;
  bool per_layer = false;  // "model.layer2.router.temperature" may override it for layer 2
};

// What a component's describe() talks to. Names are relative to the component's place in the preset ("temperature",
// or dotted for a sub-object: "data.path"). `when` names a sibling, or any parameter by its path: "/task.kind".
class Describer {
 public:
  virtual ~Describer() = default;
  virtual void boolean(const char* name, bool& field, const char* help, Applies, Condition when = {}) = 0;
  virtual void integer(const char* name, std::int64_t& field, Range, const char* unit, const char* help, Applies,
                       Condition when = {}) = 0;
  virtual void real(const char* name, double& field, Range, const char* unit, const char* help, Applies,
                    Condition when = {}) = 0;
  virtual void choice(const char* name, std::string& field, std::vector<std::string> choices, const char* help, Applies,
                      Condition when = {}) = 0;
  virtual void text(const char* name, std::string& field, const char* help, Applies, Condition when = {}) = 0;
};

// All parameters of an experiment, in the order they are shown. Built once (core/experiment.cpp), then constant.
class ParameterTable {
 public:
  // Describes component C (default-constructed) at `prefix`. per_layer: its parameters may be overridden for a layer.
  template <class C>
  void add(std::string prefix, std::string group, bool per_layer = false) {
    C component;
    add(std::move(prefix), std::move(group), per_layer, [&](Describer& d) { component.describe(d); });
  }
  void add(std::string prefix, std::string group, bool per_layer, const std::function<void(Describer&)>& describe);

  const std::vector<ParameterSpec>& specs() const { return specs_; }
  // The spec of a path; for a layer override ("model.layer2.router.k") that of its base ("model.router.k"). Null when
  // there is none.
  const ParameterSpec* find(std::string_view path) const;

 private:
  std::vector<ParameterSpec> specs_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

// What a parameter may be, in words: "0.01 to 100", "one of softmax, sigmoid", "true or false".
std::string allowed_values(const ParameterSpec& spec);
// The value, if it has the right type and lies in the range; otherwise what is wrong with it. Whole reals are taken
// for integers, integers for reals; NaN and infinities never. `where` is the Problem's whole `where` ("x.json:
// model.router.k", "--set model.router.k"); empty: the spec's path.
Result<Value> checked(const ParameterSpec& spec, const Value& value, std::string_view where);
// Reads "0.5", "true", "sparsemax" as `--set path=value` has it.
Result<Value> parse_value(const ParameterSpec& spec, std::string_view text, std::string_view where);

// "model.layer2.router.k" -> {"model.router.k", 2}; nothing when `path` names no layer. The layer is always the second
// part of a path.
struct LayerPath {
  std::string base;
  int layer;
};
std::optional<LayerPath> layer_path(std::string_view path);
std::string layer_override(std::string_view base, int layer);  // the way back

// The problem of a path that the table doesn't have, with the path that was probably meant.
Problem unknown_parameter(const ParameterTable& table, std::string_view path, std::string_view where = "");

// A complete set of values: every spec of the table has one, plus overrides for single layers. A regular value type.
class Parameters {
 public:
  explicit Parameters(const ParameterTable& table);  // the defaults; the table outlives it

  const ParameterTable& table() const { return *table_; }
  // `path` must exist in the table (std::out_of_range otherwise). A layer override that is not set gives its base.
  const Value& get(std::string_view path) const;
  bool boolean(std::string_view path) const { return std::get<bool>(get(path)); }
  std::int64_t integer(std::string_view path) const { return std::get<std::int64_t>(get(path)); }
  double real(std::string_view path) const { return std::get<double>(get(path)); }
  const std::string& text(std::string_view path) const { return std::get<std::string>(get(path)); }

  // Checks and sets; the problems when the path is unknown, the value not allowed or the layer of an override not below
  // "model.depth" (then nothing is changed). `where` names the source ("x.json"); the path is added to it.
  // Setting a base path removes no override, but a smaller "model.depth" removes those of the layers that are gone.
  std::vector<Problem> set(std::string_view path, const Value& value, std::string_view where = "");
  // Drops an override; nothing happens when there is none.
  void clear_override(std::string_view path);
  const std::map<std::string, Value, std::less<>>& overrides() const { return overrides_; }
  bool holds(const Condition& when) const;

  // Component C with its fields as they are here; with layer >= 0, overrides for that layer applied.
  template <class C>
  C load(std::string_view prefix, int layer = -1) const {
    C component;
    load(prefix, layer, [&](Describer& d) { component.describe(d); });
    return component;
  }
  void load(std::string_view prefix, int layer, const std::function<void(Describer&)>& describe) const;

  friend bool operator==(const Parameters&, const Parameters&);

 private:
  const ParameterTable* table_;
  std::vector<Value> values_;  // parallel to table_->specs()
  std::map<std::string, Value, std::less<>> overrides_;
};

}  // namespace tessera
