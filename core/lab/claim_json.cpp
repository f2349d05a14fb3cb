// Variants and claims from JSON, and to it.
#include <algorithm>
#include <cmath>

#include "core/lab/json_members.h"
#include "core/lab/preset_json.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* name_rule = "lower-case letters, digits, \"-\" and \"_\", at most 40, not \"preset\"";

std::string place(const char* array, std::size_t index) {
  return std::string(array) + "[" + std::to_string(index) + "]";
}

// Whether `value` is an array of at most `most` objects; what isn't, is told.
bool objects(const json& value, std::string_view where, const char* path, std::size_t most, const std::string& members,
             std::vector<Problem>& problems) {
  if (!value.is_array() || value.size() > most) {
    problems.push_back({at(where, path), value.is_array() ? std::to_string(value.size()) + " entries" : shown(value),
                        "an array of at most " + std::to_string(most) + " objects with " + members});
    return false;
  }
  bool good = true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i].is_object()) continue;
    problems.push_back({at(where, place(path, i)), shown(value[i]), "an object with " + members});
    good = false;
  }
  return good;
}

// The values that a variant sets. Whether a layer is there is only known together with the rest of the preset.
void read_set(const json& object, const ParameterTable& table, std::string_view where, const std::string& path,
              Variant& variant, std::vector<Problem>& problems) {
  for (const auto& [key, json_value] : object.items()) {
    if (problems.size() >= max_problems) return;
    const std::string whole = at(where, joined(path, key));
    const ParameterSpec* spec = table.find(key);
    if (spec == nullptr) {
      problems.push_back(unknown_parameter(table, key, at(where, path)));
      continue;
    }
    if (key == seed_path) {
      problems.push_back({whole, "a variant has the seeds of its preset", "any other parameter"});
      continue;
    }
    const std::optional<Value> plain = value_of(json_value);
    if (!plain) {
      problems.push_back({whole, shown(json_value), allowed_values(*spec)});
      continue;
    }
    Result<Value> good = checked(*spec, *plain, whole);
    problems.insert(problems.end(), good.problems.begin(), good.problems.end());
    if (good) variant.parameters.emplace_back(key, *std::move(good.value));
  }
  std::stable_partition(variant.parameters.begin(), variant.parameters.end(),
                        [](const auto& entry) { return !layer_path(entry.first); });
}

// The index of the text at `key` among `names`; `index` as it is when there is none.
template <class Choice>
void choose(Members& members, const char* key, Choice& choice) {
  const json* value = members.member(key);
  if (value == nullptr) return;
  const std::vector<std::string>& names = names_of(choice);
  const auto found =
      value->is_string() ? std::find(names.begin(), names.end(), value->get<std::string>()) : names.end();
  if (found == names.end()) {
    members.wrong(key, *value, "one of " + listed(names));
  } else {
    choice = static_cast<Choice>(found - names.begin());
  }
}

// One claim, member by member.
class ClaimReader {
 public:
  ClaimReader(const json& object, std::string path, const std::vector<Variant>& variants, std::string_view where,
              std::vector<Problem>& problems)
      : members_(object, path, where, problems), path_(std::move(path)), where_(where), problems_(problems) {
    known_ = {preset_itself};
    for (const Variant& variant : variants) known_.push_back(variant.name);
  }

  Claim read() {
    members_.only({"text", "source", "metric", "minus", "over_run", "from", "to", "step", "of", "difference", "ratio",
                   "spread", "least", "minus_variants", "is", "value", "seeds"});
    for (const char* key : {"text", "metric", "is", "value"}) members_.missing(key);
    members_.text("text", claim_.text, 500, false);
    if (claim_.text.empty() && members_.member("text") != nullptr) problem("text", "it is empty", "what is claimed");
    members_.text("source", claim_.source, 500, false);
    metric("metric", claim_.metric);
    metric("minus", claim_.minus);
    members_.whole("seeds", claim_.seeds, fewest_possible_seeds, most_seeds);
    over_run();
    over_variants();
    prediction();
    return std::move(claim_);
  }

 private:
  void problem(const std::string& key, std::string found, std::string allowed) {
    problems_.push_back({at(where_, path_ + "." + key), std::move(found), std::move(allowed)});
  }

  void metric(const char* key, std::string& field) {
    members_.text(key, field, 100, false);
    if (const json* name = members_.member(key); name != nullptr && !metric_name_allowed(field)) {
      members_.wrong(key, *name, "the name of a scalar metric, such as alpha_entropy/layer0");
    }
  }

  void over_run() {
    choose(members_, "over_run", claim_.over_run);
    members_.whole("from", claim_.from, 0, max_step);
    members_.whole("to", claim_.to, 0, max_step);
    members_.whole("step", claim_.step, 0, max_step);
    if (claim_.from > claim_.to) problem("to", number_text(claim_.to), "no less than from");
    const bool window = claim_.over_run != OverRun::last && claim_.over_run != OverRun::at_step;
    for (const char* key : {"from", "to"}) {
      if (!window && members_.member(key) != nullptr) problem(key, "only of use over a window", "no such key");
    }
    const bool at_step = claim_.over_run == OverRun::at_step;
    if (at_step) members_.missing("step");
    if (!at_step && members_.member("step") != nullptr) problem("step", "only of use with at_step", "no such key");
  }

  void over_variants() {
    const std::vector<std::string>& keys = names_of(OverVariants());
    std::vector<std::string> given;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const json* value = members_.member(keys[i].c_str());
      if (value == nullptr) continue;
      given.push_back(keys[i]);
      claim_.over_variants = static_cast<OverVariants>(i);
      read_names(keys[i], *value, claim_.variants);
    }
    if (given.size() > 1) problems_.push_back({at(where_, path_), listed(given) + " together", "one of them"});
    const json* others = members_.member("minus_variants");
    if (others == nullptr) return;
    if (of_many(claim_.over_variants)) {
      read_names("minus_variants", *others, claim_.minus_variants);
    } else {
      problem("minus_variants", "only of use with spread or least", "no such key");
    }
  }

  void read_names(const std::string& key, const json& value, std::vector<std::string>& into) {
    const bool one = claim_.over_variants == OverVariants::one, many = of_many(claim_.over_variants);
    std::vector<std::string> names;
    if (one && value.is_string()) names = {value.get<std::string>()};
    if (!one && value.is_array() && value.size() <= max_variants + 1 &&
        std::all_of(value.begin(), value.end(), [](const json& name) { return name.is_string(); })) {
      names = value.get<std::vector<std::string>>();
    }
    if (one ? names.size() != 1 : many ? names.size() < 2 : names.size() != 2) {
      problem(key, shown(value),
              one    ? "the name of a variant, or \"preset\""
              : many ? "an array of at least two names of variants"
                     : "an array of two names of variants");
      return;
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (std::find(known_.begin(), known_.end(), names[i]) == known_.end()) {
        const std::string meant = nearest(names[i], known_);
        problem(key,
                "there is no variant " + in_quotes(names[i]) +
                    (meant.empty() ? "" : "; did you mean " + in_quotes(meant) + "?"),
                listed(known_));
      } else if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
                 names.begin() + static_cast<std::ptrdiff_t>(i)) {
        problem(key, in_quotes(names[i]) + " twice", "different variants");
      }
    }
    into = std::move(names);
  }

  void prediction() {
    Prediction& predicted = claim_.predicted;
    choose(members_, "is", predicted.comparison);
    const json* value = members_.member("value");
    if (value == nullptr) return;
    const bool between = predicted.comparison == Comparison::between;
    if (between && value->is_array() && value->size() == 2 && (*value)[0].is_number() && (*value)[1].is_number() &&
        (*value)[0].get<double>() <= (*value)[1].get<double>()) {
      predicted.low = (*value)[0].get<double>() + 0.0;  // -0 becomes 0
      predicted.high = (*value)[1].get<double>() + 0.0;
    } else if (!between && value->is_number()) {
      predicted.low = predicted.high = value->get<double>() + 0.0;
    } else {
      members_.wrong("value", *value, between ? "[low, high]" : "a number");
    }
  }

  Members members_;
  std::string path_;
  std::string_view where_;
  std::vector<Problem>& problems_;
  std::vector<std::string> known_;
  Claim claim_;
};

}  // namespace

ordered_json variants_json(const std::vector<Variant>& variants) {
  ordered_json array = ordered_json::array();
  for (const Variant& variant : variants) {
    ordered_json item = {{"name", variant.name}, {"set", ordered_json::object()}};
    for (const auto& [path, value] : variant.parameters) item["set"][path] = value_json(value);
    array.push_back(std::move(item));
  }
  return array;
}

ordered_json claims_json(const std::vector<Claim>& claims) {
  ordered_json array = ordered_json::array();
  for (const Claim& claim : claims) {
    ordered_json item = {{"text", claim.text}};
    if (!claim.source.empty()) item["source"] = claim.source;
    item["metric"] = claim.metric;
    if (!claim.minus.empty()) item["minus"] = claim.minus;
    item["over_run"] = names_of(claim.over_run)[static_cast<std::size_t>(claim.over_run)];
    if (claim.from != 0) item["from"] = claim.from;
    if (claim.to != Claim().to) item["to"] = claim.to;
    if (claim.over_run == OverRun::at_step) item["step"] = claim.step;
    const std::string& over = names_of(claim.over_variants)[static_cast<std::size_t>(claim.over_variants)];
    if (claim.over_variants != OverVariants::one) {
      item[over] = claim.variants;
    } else if (claim.variants[0] != preset_itself) {
      item[over] = claim.variants[0];
    }
    if (!claim.minus_variants.empty()) item["minus_variants"] = claim.minus_variants;
    const Prediction& predicted = claim.predicted;
    item["is"] = names_of(predicted.comparison)[static_cast<std::size_t>(predicted.comparison)];
    if (predicted.comparison == Comparison::between) {
      item["value"] = {predicted.low, predicted.high};
    } else {
      item["value"] = predicted.low;
    }
    item["seeds"] = claim.seeds;
    array.push_back(std::move(item));
  }
  return array;
}

std::vector<Variant> read_variants(const json& array, const ParameterTable& table, std::string_view where,
                                   std::vector<Problem>& problems) {
  std::vector<Variant> read;
  if (!objects(array, where, "variants", max_variants, "name and set", problems)) return read;
  for (std::size_t i = 0; i < array.size() && problems.size() < max_problems; ++i) {
    const std::string path = place("variants", i);
    Members members(array[i], path, where, problems);
    members.only({"name", "set"});
    members.missing("name");
    members.missing("set");
    Variant variant;
    members.text("name", variant.name, 1000, false);
    const bool taken = std::any_of(read.begin(), read.end(), [&](const Variant& v) { return v.name == variant.name; });
    if (const json* name = members.member("name"); name != nullptr) {
      if (taken) {
        problems.push_back({at(where, path + ".name"), in_quotes(variant.name) + " twice", "different names"});
      } else if (!variant_name_allowed(variant.name) || variant.name == preset_itself) {
        members.wrong("name", *name, name_rule);
      }
    }
    if (const json* set = members.member("set"); set != nullptr) {
      if (set->is_object() && !set->empty()) {
        read_set(*set, table, where, path + ".set", variant, problems);
      } else {
        members.wrong("set", *set, "an object {path: value} with at least one parameter");
      }
    }
    read.push_back(std::move(variant));
  }
  return read;
}

std::vector<Claim> read_claims(const json& array, const std::vector<Variant>& variants, std::string_view where,
                               std::vector<Problem>& problems) {
  std::vector<Claim> read;
  if (!objects(array, where, "claims", max_claims, "text, source, metric, is, value, ...", problems)) return read;
  for (std::size_t i = 0; i < array.size() && problems.size() < max_problems; ++i) {
    const std::string path = place("claims", i);
    Claim claim = ClaimReader(array[i], path, variants, where, problems).read();
    const auto same = [&](const Claim& other) { return other.text == claim.text; };
    if (std::any_of(read.begin(), read.end(), same)) {
      problems.push_back({at(where, path + ".text"), in_quotes(claim.text) + " twice", "different texts"});
    }
    read.push_back(std::move(claim));
  }
  return read;
}

}  // namespace tessera
