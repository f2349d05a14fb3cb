// See description_json.h.
#include "core/lab/description_json.h"

#include <cmath>
#include <set>

#include "core/lab/claim.h"
#include "core/lab/json_text.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* sequential = "sequential";
constexpr const char* diverging = "diverging";

ordered_json metric_json(const MetricSpec& metric) {
  ordered_json out = {{"name", metric.name},   {"family", metric.family}, {"layer", metric.layer},
                      {"title", metric.title}, {"unit", metric.unit},     {"rank", metric.rank}};
  if (metric.rank == 2) {
    for (const Axis& axis : metric.axes) out["axes"].push_back({{"title", axis.title}, {"labels", axis.labels}});
    out["colours"] = metric.colours == Colours::diverging ? diverging : sequential;
  }
  out["low"] = metric.low;
  out["high"] = metric.high;
  out["definition"] = metric.definition;
  out["formula"] = metric.formula;
  out["source"] = metric.source;
  return out;
}

// Reads members of objects; the first that is not as it should be ends it all. (Unlike Members of json_members.h, which
// goes on: nobody mends this file by hand.)
class StrictMembers {
 public:
  explicit StrictMembers(std::string_view where) : where_(where) {}

  [[noreturn]] void fail(const std::string& path, std::string found, std::string allowed) const {
    throw InputError({{where_ + ": " + path, std::move(found), std::move(allowed)}});
  }

  template <class T>
  T get(const json& object, const std::string& path, const char* key, const char* allowed) const {
    if (!object.is_object()) fail(path, "", "an object");
    const auto found = object.find(key);
    const std::string at = path.empty() ? key : path + "." + key;
    if (found == object.end()) fail(at, "is missing", allowed);
    try {
      return found->get<T>();
    } catch (const json::exception&) {
      fail(at, printable(found->dump(-1, ' ', false, json::error_handler_t::replace), 60), allowed);
    }
  }
  std::string text(const json& object, const std::string& path, const char* key) const {
    return get<std::string>(object, path, key, "text");
  }
  std::vector<std::string> texts(const json& object, const std::string& path, const char* key) const {
    return get<std::vector<std::string>>(object, path, key, "a list of texts");
  }
  int integer(const json& object, const std::string& path, const char* key, int least, int most) const {
    const std::string allowed = std::to_string(least) + " to " + std::to_string(most);
    const auto value = get<json>(object, path, key, allowed.c_str());
    const bool fits = value.is_number_integer() && value >= least && value <= most;
    if (!fits) fail(path + "." + key, printable(value.dump(), 60), allowed);
    return value.get<int>();
  }

 private:
  std::string where_;
};

MetricSpec read_metric(const StrictMembers& read, const json& from, const std::string& path, int layers) {
  MetricSpec metric;
  metric.name = read.text(from, path, "name");
  if (!metric_name_allowed(metric.name)) {
    read.fail(path + ".name", in_quotes(metric.name), "words of letters, digits, _, - and . with / between them");
  }
  metric.family = read.text(from, path, "family");
  metric.layer = read.integer(from, path, "layer", -1, layers - 1);
  metric.title = read.text(from, path, "title");
  metric.unit = read.text(from, path, "unit");
  metric.rank = read.integer(from, path, "rank", 0, 2);
  if (metric.rank == 1) read.fail(path + ".rank", "1", "0 or 2");
  if (metric.rank == 2) {
    const auto axes = read.get<std::vector<json>>(from, path, "axes", "two axes");
    if (axes.size() != 2) read.fail(path + ".axes", std::to_string(axes.size()) + " of them", "two axes");
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string at = path + ".axes[" + std::to_string(i) + "]";
      metric.axes[i] = {read.text(axes[i], at, "title"), read.texts(axes[i], at, "labels")};
    }
    const std::string colours = read.text(from, path, "colours");
    if (colours != sequential && colours != diverging) {
      read.fail(path + ".colours", in_quotes(colours), std::string(sequential) + " or " + diverging);
    }
    metric.colours = colours == diverging ? Colours::diverging : Colours::sequential;
  }
  metric.low = read.get<double>(from, path, "low", "a number");
  metric.high = read.get<double>(from, path, "high", "a number");
  metric.definition = read.text(from, path, "definition");
  metric.formula = read.text(from, path, "formula");
  metric.source = read.text(from, path, "source");
  return metric;
}

Description read(const StrictMembers& read, const json& from) {
  constexpr int most_layers = 10'000;
  Description out;
  out.layer_names = read.texts(from, "", "layer_names");
  if (out.layer_names.size() > most_layers) read.fail("layer_names", "too many", std::to_string(most_layers));
  out.layers = static_cast<int>(out.layer_names.size());
  out.experts = read.get<std::vector<int>>(from, "", "experts", "a list of numbers");
  if (out.experts.size() != out.layer_names.size()) {
    read.fail("experts", std::to_string(out.experts.size()) + " of them", "one for each of layer_names");
  }
  for (const int experts : out.experts) {
    if (experts < 1) read.fail("experts", std::to_string(experts), "1 or more");
  }
  out.classes = read.texts(from, "", "classes");
  out.groups = read.texts(from, "", "groups");
  out.tiles = read.get<std::vector<std::vector<int>>>(from, "", "tiles", "lists of classes");
  for (const std::vector<int>& tile : out.tiles) {
    for (const int index : tile) {
      if (index < 0 || index >= static_cast<int>(out.classes.size())) {
        read.fail("tiles", std::to_string(index), "the index of a class");
      }
    }
  }
  out.device = read.text(from, "", "device");
  const auto metrics = read.get<std::vector<json>>(from, "", "metrics", "a list of metrics");
  std::set<std::string> names;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const std::string path = "metrics[" + std::to_string(i) + "]";
    out.metrics.push_back(read_metric(read, metrics[i], path, out.layers));
    if (!names.insert(out.metrics.back().name).second) {
      read.fail(path + ".name", in_quotes(out.metrics.back().name), "a name that no other metric has");
    }
  }
  return out;
}

}  // namespace

std::string write_description(const Description& description) {
  ordered_json out = {{"device", description.device},   {"layer_names", description.layer_names},
                      {"experts", description.experts}, {"classes", description.classes},
                      {"groups", description.groups},   {"tiles", description.tiles},
                      {"metrics", json::array()}};
  for (const MetricSpec& metric : description.metrics) out["metrics"].push_back(metric_json(metric));
  return print_json(out);
}

Result<Description> read_description(std::string_view text, std::string_view where) {
  const Result<json> parsed = parse_json(text, where, max_description_bytes);
  if (!parsed) return parsed.problems;
  try {
    return read(StrictMembers(where), *parsed.value);
  } catch (const InputError& error) {
    return error.problems();
  }
}

}  // namespace tessera
