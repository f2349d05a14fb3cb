// See json_members.h.
#include "core/lab/json_members.h"

#include <algorithm>
#include <limits>

#include "core/lab/text.h"

namespace tessera {

using nlohmann::json;

// What a person wrote, for a message.
std::string shown(const json& value) {
  if (value.is_object()) return value.empty() ? "{}" : "{...}";
  if (value.is_array()) return value.empty() ? "[]" : "[...]";
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  if (value.is_number_float()) return number_text(value.get<double>());
  return value.dump();
}

std::optional<Value> value_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    return value.get<double>();
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return value.get<double>();
  return std::nullopt;
}

std::string at(std::string_view where, const std::string& path) { return std::string(where) + ": " + path; }

std::string joined(const std::string& path, const std::string& key) {
  return path.empty() ? printable(key) : path + "." + printable(key);
}

void unknown_key(std::string_view where, const std::string& path, const std::string& key,
                 const std::vector<std::string>& known, std::vector<Problem>& problems) {
  const std::string meant = nearest(key, known);
  problems.push_back({at(where, joined(path, key)),
                      "unknown key" + (meant.empty() ? "" : "; did you mean " + in_quotes(meant) + "?"),
                      listed(known)});
}

void Members::text(const char* key, std::string& field, std::size_t limit, bool lines) {
  const json* value = member(key);
  if (value == nullptr) return;
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() <= limit && valid_utf8(text) && !has_controls(text, lines)) {
      field = text;
      return;
    }
  }
  wrong(key, *value, "text of at most " + std::to_string(limit) + " bytes" + (lines ? "" : " on one line"));
}

void Members::number(const char* key, double& field, double max) {
  const json* value = member(key);
  if (value == nullptr) return;
  if (value->is_number() && value->get<double>() >= 0 && value->get<double>() <= max) {
    field = value->get<double>() + 0.0;
  } else {
    wrong(key, *value, "0 to " + number_text(max));
  }
}

void Members::whole(const char* key, std::int64_t& field, std::int64_t min, std::int64_t max) {
  const json* value = member(key);
  if (value == nullptr) return;
  const std::optional<Value> number = value_of(*value);
  ParameterSpec spec;
  spec.kind = Kind::integer;
  spec.range = {static_cast<double>(min), static_cast<double>(max)};
  if (number) {
    if (const Result<Value> good = checked(spec, *number, "")) {
      field = std::get<std::int64_t>(*good.value);
      return;
    }
  }
  wrong(key, *value, allowed_values(spec));
}

void Members::names(const char* key, std::vector<std::string>& field) {
  const json* value = member(key);
  if (value == nullptr) return;
  constexpr std::size_t most = 64;
  const auto good = [](const json& name) {
    if (!name.is_string()) return false;
    const auto& text = name.get_ref<const std::string&>();
    return !text.empty() && text.size() <= most && !has_controls(text, false);
  };
  if (!value->is_array() || value->size() > most || !std::all_of(value->begin(), value->end(), good)) {
    wrong(key, *value, "an array of at most 64 names");
    return;
  }
  field = value->get<std::vector<std::string>>();
}

const json* Members::member(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

void Members::wrong(const char* key, const json& value, std::string allowed) {
  problems_.push_back({at(where_, joined(path_, key)), shown(value), std::move(allowed)});
}

void Members::only(const std::vector<std::string>& known) {
  for (const auto& [key, value] : object_.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) unknown_key(where_, path_, key, known, problems_);
  }
}

void Members::missing(const char* key) {
  if (member(key) == nullptr) problems_.push_back({at(where_, path_), std::string("no ") + key, ""});
}

}  // namespace tessera
