// The table of all parameters, collected from the components' own descriptions.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/lab/parameter.h"

namespace tessera {
namespace {

// Collects the specs of one component. Names become paths under its prefix.
class SpecCollector : public Describer {
 public:
  SpecCollector(std::string prefix, std::string group, bool per_layer)
      : prefix_(std::move(prefix)), group_(std::move(group)), per_layer_(per_layer) {}

  void boolean(const char* name, bool& field, const char* help, Applies applies, Condition when) override {
    add(name, Kind::boolean, field, "", help, applies, std::move(when));
  }
  void integer(const char* name, std::int64_t& field, Range range, const char* unit, const char* help, Applies applies,
               Condition when) override {
    add(name, Kind::integer, field, unit, help, applies, std::move(when)).range = range;
  }
  void real(const char* name, double& field, Range range, const char* unit, const char* help, Applies applies,
            Condition when) override {
    add(name, Kind::real, field, unit, help, applies, std::move(when)).range = range;
  }
  void choice(const char* name, std::string& field, std::vector<std::string> choices, const char* help, Applies applies,
              Condition when) override {
    add(name, Kind::choice, field, "", help, applies, std::move(when)).choices = std::move(choices);
  }
  void text(const char* name, std::string& field, const char* help, Applies applies, Condition when) override {
    add(name, Kind::text, field, "", help, applies, std::move(when));
  }

  std::vector<ParameterSpec> specs;

 private:
  std::string absolute(const std::string& name) const { return prefix_.empty() ? name : prefix_ + "." + name; }

  ParameterSpec& add(const char* name, Kind kind, Value default_value, const char* unit, const char* help,
                     Applies applies, Condition when) {
    ParameterSpec spec;
    spec.path = absolute(name);
    spec.group = group_;
    spec.label = spec.path.substr(spec.path.rfind('.') + 1);  // npos + 1 is 0: the whole path
    std::replace(spec.label.begin(), spec.label.end(), '_', ' ');
    spec.kind = kind;
    spec.default_value = std::move(default_value);
    spec.unit = unit;
    spec.help = help;
    spec.applies = applies;
    if (when.path.starts_with('/')) {
      when.path.erase(0, 1);
    } else if (!when.path.empty()) {
      when.path = absolute(when.path);
    }
    spec.when = std::move(when);
    spec.per_layer = per_layer_;
    specs.push_back(std::move(spec));
    return specs.back();
  }

  std::string prefix_, group_;
  bool per_layer_;
};

[[noreturn]] void bad_description(const ParameterSpec& spec, const std::string& what) {
  throw std::logic_error("parameter " + spec.path + ": " + what);
}

void check_range(const ParameterSpec& spec) {
  if (spec.kind != Kind::integer && spec.kind != Kind::real) return;
  const Range& range = spec.range;
  if (!std::isfinite(range.min) || !std::isfinite(range.max) || range.min > range.max) {
    bad_description(spec, "its range must be finite, and min at most max");
  }
  constexpr double most = 9e18;  // well inside std::int64_t
  if (spec.kind == Kind::integer && (range.min < -most || range.max > most)) bad_description(spec, "range too wide");
}

bool is_path_part(std::string_view part) {
  return !part.empty() && part[0] >= 'a' && part[0] <= 'z' && std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void check_path(const ParameterSpec& spec) {
  std::string_view rest = spec.path;
  const std::string_view first = rest.substr(0, rest.find('.'));
  static constexpr std::string_view reserved[] = {"schema",  "name", "title",    "about",  "watch",
                                                  "minutes", "view", "schedule", "claims", "variants"};
  if (std::find(std::begin(reserved), std::end(reserved), first) != std::end(reserved)) {
    bad_description(spec, "its first part is a key of the preset itself");
  }
  if (layer_path(spec.path)) bad_description(spec, "its second part means one layer");
  while (true) {
    const std::size_t dot = rest.find('.');
    if (!is_path_part(rest.substr(0, dot))) bad_description(spec, "parts are lower case words with digits and _");
    if (dot == std::string_view::npos) return;
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace

void ParameterTable::add(std::string prefix, std::string group, bool per_layer,
                         const std::function<void(Describer&)>& describe) {
  SpecCollector collector(std::move(prefix), std::move(group), per_layer);
  describe(collector);
  for (ParameterSpec& spec : collector.specs) {
    check_path(spec);
    check_range(spec);
    if (!checked(spec, spec.default_value, "")) bad_description(spec, "its default is not allowed");
    // "task" can't be a value and "task.kind" a member of it.
    for (const ParameterSpec& other : specs_) {
      if (spec.path == other.path || spec.path.starts_with(other.path + ".") ||
          other.path.starts_with(spec.path + ".")) {
        bad_description(spec, "collides with " + other.path);
      }
    }
    index_.emplace(spec.path, specs_.size());
    specs_.push_back(std::move(spec));
  }
}

const ParameterSpec* ParameterTable::find(std::string_view path) const {
  if (const auto found = index_.find(path); found != index_.end()) return &specs_[found->second];
  const auto layer = layer_path(path);
  if (!layer) return nullptr;
  const auto base = index_.find(layer->base);
  if (base == index_.end() || !specs_[base->second].per_layer) return nullptr;
  return &specs_[base->second];
}

std::optional<LayerPath> layer_path(std::string_view path) {
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::size_t next = std::min(path.find('.', dot + 1), path.size());
  std::string_view part = path.substr(dot + 1, next - dot - 1);
  if (!part.starts_with("layer")) return std::nullopt;
  part.remove_prefix(5);
  if (part.empty() || part.size() > 4 || (part[0] == '0' && part.size() > 1)) return std::nullopt;
  int layer = 0;
  for (const char c : part) {
    if (c < '0' || c > '9') return std::nullopt;
    layer = layer * 10 + (c - '0');
  }
  return LayerPath{std::string(path.substr(0, dot)) + std::string(path.substr(next)), layer};
}

std::string layer_override(std::string_view base, int layer) {
  const std::size_t dot = std::min(base.find('.'), base.size());
  return std::string(base.substr(0, dot)) + ".layer" + std::to_string(layer) + std::string(base.substr(dot));
}

}  // namespace tessera
