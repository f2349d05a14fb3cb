// A complete set of values, and the structs that are filled from it.
#include <algorithm>
#include <stdexcept>

#include "core/lab/parameter.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr std::string_view depth_path = "model.depth";  // the number of layers, where an experiment has layers

// Fills the fields of one component.
class Loader : public Describer {
 public:
  Loader(const Parameters& parameters, std::string_view prefix, int layer)
      : parameters_(parameters), prefix_(prefix), layer_(layer) {}

  void boolean(const char* name, bool& field, const char*, Applies, Condition) override { fill(name, field); }
  void integer(const char* name, std::int64_t& field, Range, const char*, const char*, Applies, Condition) override {
    fill(name, field);
  }
  void real(const char* name, double& field, Range, const char*, const char*, Applies, Condition) override {
    fill(name, field);
  }
  void choice(const char* name, std::string& field, std::vector<std::string>, const char*, Applies,
              Condition) override {
    fill(name, field);
  }
  void text(const char* name, std::string& field, const char*, Applies, Condition) override { fill(name, field); }

 private:
  template <class T>
  void fill(const char* name, T& field) {
    const std::string path = prefix_.empty() ? std::string(name) : prefix_ + "." + name;
    if (layer_ >= 0) {
      const auto& overrides = parameters_.overrides();
      if (const auto found = overrides.find(layer_override(path, layer_)); found != overrides.end()) {
        field = std::get<T>(found->second);
        return;
      }
    }
    field = std::get<T>(parameters_.get(path));
  }

  const Parameters& parameters_;
  std::string prefix_;
  int layer_;
};

std::string full_where(std::string_view where, std::string_view path) {
  return where.empty() ? printable(path) : std::string(where) + ": " + printable(path);
}

}  // namespace

Parameters::Parameters(const ParameterTable& table) : table_(&table) {
  values_.reserve(table.specs().size());
  for (const ParameterSpec& spec : table.specs()) values_.push_back(spec.default_value);
}

const Value& Parameters::get(std::string_view path) const {
  const ParameterSpec* spec = table_->find(path);
  if (spec == nullptr) throw std::out_of_range("no parameter " + std::string(path));
  if (spec->path != path) {
    if (const auto found = overrides_.find(path); found != overrides_.end()) return found->second;
  }
  return values_[static_cast<std::size_t>(spec - table_->specs().data())];
}

std::vector<Problem> Parameters::set(std::string_view path, const Value& value, std::string_view where) {
  const ParameterSpec* spec = table_->find(path);
  if (spec == nullptr) return {unknown_parameter(*table_, path, where)};
  Result<Value> good = checked(*spec, value, full_where(where, path));
  if (!good) return std::move(good.problems);
  if (spec->path == path) {
    values_[static_cast<std::size_t>(spec - table_->specs().data())] = *std::move(good.value);
    if (path == depth_path) {
      const std::int64_t depth = integer(depth_path);
      std::erase_if(overrides_, [depth](const auto& entry) { return layer_path(entry.first)->layer >= depth; });
    }
    return {};
  }
  const ParameterSpec* depth = table_->find(depth_path);
  const int layer = layer_path(path)->layer;
  if (depth != nullptr && layer >= integer(depth_path)) {
    return {{full_where(where, path), "layer " + std::to_string(layer),
             "layers 0 to " + std::to_string(integer(depth_path) - 1) + " (" + std::string(depth_path) + " is " +
                 std::to_string(integer(depth_path)) + ")"}};
  }
  overrides_.insert_or_assign(std::string(path), *std::move(good.value));
  return {};
}

void Parameters::clear_override(std::string_view path) {
  if (const auto found = overrides_.find(path); found != overrides_.end()) overrides_.erase(found);
}

bool Parameters::holds(const Condition& when) const {
  if (when.path.empty()) return true;
  const std::string now = to_string(get(when.path));
  return std::find(when.values.begin(), when.values.end(), now) != when.values.end();
}

void Parameters::load(std::string_view prefix, int layer, const std::function<void(Describer&)>& describe) const {
  Loader loader(*this, prefix, layer);
  describe(loader);
}

bool operator==(const Parameters& a, const Parameters& b) {
  return a.table_ == b.table_ && a.values_ == b.values_ && a.overrides_ == b.overrides_;
}

Problem unknown_parameter(const ParameterTable& table, std::string_view path, std::string_view where) {
  Problem problem{full_where(where, path), "there is no such parameter", ""};
  const auto layer = layer_path(path);
  const std::string wanted = layer ? layer->base : std::string(path);
  std::vector<std::string> paths;
  for (const ParameterSpec& spec : table.specs()) {
    if (layer && spec.path == wanted) {
      problem.found = "this parameter is the same for all layers";
      problem.allowed = spec.path;
      return problem;
    }
    if (!layer || spec.per_layer) paths.push_back(spec.path);
  }
  std::string meant = nearest(wanted, paths);
  if (!meant.empty() && layer) meant = layer_override(meant, layer->layer);
  if (!meant.empty()) problem.found += "; did you mean " + in_quotes(meant) + "?";
  return problem;
}

}  // namespace tessera
