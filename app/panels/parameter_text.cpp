// What the controls say and do about a parameter, apart from drawing it.
#include "app/panels/parameter_text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace tessera {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string bound(const ParameterSpec& spec, double value) {
  if (spec.kind == Kind::integer) return to_string(Value(static_cast<std::int64_t>(value)));
  return to_string(Value(value));
}

std::string listed(const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += i + 1 == values.size() ? " or " : ", ";
    text += values[i];
  }
  return text;
}

}  // namespace

std::string path_for_layer(std::string_view base, int layer) {
  constexpr std::string_view model = "model.";
  if (layer < 0 || !base.starts_with(model)) return std::string(base);
  return "model.layer" + std::to_string(layer) + "." + std::string(base.substr(model.size()));
}

std::vector<int> overridden_layers(const Parameters& parameters, std::string_view base) {
  std::vector<int> layers;
  for (const auto& [path, value] : parameters.overrides()) {
    const auto split = layer_path(path);
    if (split && split->base == base) layers.push_back(split->layer);
  }
  std::sort(layers.begin(), layers.end());
  return layers;
}

std::string name_in_group(const ParameterSpec& spec, const ParameterTable& table) {
  std::string shared = spec.path.substr(0, spec.path.rfind('.') + 1);
  for (const ParameterSpec& other : table.specs()) {
    if (other.group != spec.group) continue;
    while (!shared.empty() && !other.path.starts_with(shared)) {
      const std::size_t dot = shared.size() > 1 ? shared.rfind('.', shared.size() - 2) : std::string::npos;
      shared.resize(dot == std::string::npos ? 0 : dot + 1);
    }
  }
  std::string name = spec.path.substr(shared.size());
  for (char& c : name) {
    if (c == '.' || c == '_') c = ' ';
  }
  return name;
}

bool matches(const ParameterSpec& spec, std::string_view filter) {
  const std::string all = lower(spec.path + " " + spec.label + " " + spec.group + " " + spec.help);
  const std::string wanted = lower(filter);
  std::size_t from = 0;
  while (from < wanted.size()) {
    const std::size_t to = std::min(wanted.find(' ', from), wanted.size());
    if (to > from && all.find(wanted.substr(from, to - from)) == std::string::npos) return false;
    from = to + 1;
  }
  return true;
}

bool slides_logarithmically(const ParameterSpec& spec) {
  if (spec.range.scale == Scale::logarithmic) return true;
  const double span = spec.range.max - spec.range.min;
  if (spec.kind == Kind::integer) return span > 1000;
  const auto* value = std::get_if<double>(&spec.default_value);
  return span >= 10 || (value && *value > 0 && *value < span / 50);
}

double rounded_for_slider(double value, const Range& range) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 2);
  const double rounded = std::round(value / unit) * unit;
  // Not 0.30000000000000004: the nearest number to what is shown.
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", rounded);
  return std::clamp(std::strtod(text, nullptr), range.min, range.max);
}

std::string explanation(const ParameterSpec& spec) {
  std::string text = spec.help;
  text += "\n\n";
  if (spec.kind == Kind::integer || spec.kind == Kind::real) {
    text += bound(spec, spec.range.min) + " to " + bound(spec, spec.range.max);
    if (!spec.unit.empty()) text += " " + spec.unit;
    text += "; ";
  }
  const std::string standard = to_string(spec.default_value);
  text += "default " + (standard.empty() ? std::string("empty") : standard) + "\n";
  text +=
      spec.applies == Applies::live ? "Acts at the next step." : "Needs the experiment to be built anew: asks first.";
  return text;
}

std::string condition_text(const ParameterSpec& spec, const ParameterTable& table) {
  if (spec.when.path.empty()) return {};
  const ParameterSpec* other = table.find(spec.when.path);
  return "It only matters while " + (other ? other->label : spec.when.path) + " is " + listed(spec.when.values) + ".";
}

const char* change_refused(State state, const ParameterSpec& spec) {
  const char* refused = refusal<command::Set>(state);
  if (*refused || state != State::failed || spec.applies == Applies::rebuild) return refused;
  return refusal<command::Play>(state);
}

std::string rebuild_question(std::string_view what, std::int64_t steps) {
  std::string text = std::string(what) + " needs the experiment to be built anew.";
  if (steps > 0) {
    text += " The run so far (" + std::to_string(steps) + (steps == 1 ? " step" : " steps") + ") is lost.";
  }
  return text;
}

}  // namespace tessera
