// Single values: their text, and whether a parameter may have them.
#include "core/lab/parameter.h"

#include <charconv>
#include <cmath>

#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr double whole_limit = 9007199254740992.0;  // 2^53: up to here every whole number is a double

std::string range_text(const ParameterSpec& spec) {
  const auto text = [&](double x) {  // 1000000, not 1e+06, where only whole numbers will do
    return spec.kind == Kind::integer ? number_text(static_cast<std::int64_t>(x)) : number_text(x);
  };
  return text(spec.range.min) + " to " + text(spec.range.max);
}

std::string shown(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return in_quotes(*text);
  return to_string(value);
}

// A number with the kind of `spec`, without looking at its range; nothing when it is none.
std::optional<Value> as_kind(const ParameterSpec& spec, const Value& value) {
  if (spec.kind == Kind::real) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    const auto* real = std::get_if<double>(&value);
    if (real == nullptr || !std::isfinite(*real)) return std::nullopt;
    return *real + 0.0;  // -0 becomes 0
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  const auto* real = std::get_if<double>(&value);
  if (real == nullptr || !(std::fabs(*real) <= whole_limit) || std::trunc(*real) != *real) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

bool within(const Range& range, const Value& number) {
  const auto* whole = std::get_if<std::int64_t>(&number);
  const double x = whole != nullptr ? static_cast<double>(*whole) : std::get<double>(number);
  return x >= range.min && x <= range.max;
}

bool good_text(const std::string& text) {
  return text.size() <= max_text_bytes && valid_utf8(text) && !has_controls(text, false);
}

bool fits(const ParameterSpec& spec, const Value& value) {
  switch (spec.kind) {
    case Kind::boolean:
      return std::holds_alternative<bool>(value);
    case Kind::integer:
    case Kind::real:
      return within(spec.range, value);
    case Kind::choice:
      for (const std::string& choice : spec.choices) {
        if (value == Value(choice)) return true;
      }
      return false;
    case Kind::text:
      return std::holds_alternative<std::string>(value) && good_text(std::get<std::string>(value));
  }
  return false;
}

}  // namespace

std::string to_string(const Value& value) {
  struct Text {
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(std::int64_t x) const { return number_text(x); }
    std::string operator()(double x) const { return number_text(x); }
    std::string operator()(const std::string& x) const { return x; }
  };
  return std::visit(Text{}, value);
}

std::string allowed_values(const ParameterSpec& spec) {
  switch (spec.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return "whole numbers, " + range_text(spec);
    case Kind::real:
      return range_text(spec);
    case Kind::choice:
      return "one of " + listed(spec.choices, spec.choices.size());
    case Kind::text:
      return "one line of text in UTF-8, at most " + std::to_string(max_text_bytes) + " bytes";
  }
  return "";
}

Result<Value> checked(const ParameterSpec& spec, const Value& value, std::string_view where) {
  std::optional<Value> typed = value;
  if (spec.kind == Kind::integer || spec.kind == Kind::real) typed = as_kind(spec, value);
  if (typed && fits(spec, *typed)) return *std::move(typed);
  Problem problem{where.empty() ? spec.path : std::string(where), shown(value), allowed_values(spec)};
  if (spec.kind == Kind::choice && std::holds_alternative<std::string>(value)) {
    const std::string meant = nearest(std::get<std::string>(value), spec.choices);
    if (!meant.empty()) problem.found += " (did you mean " + in_quotes(meant) + "?)";
  }
  return std::vector<Problem>{std::move(problem)};
}

Result<Value> parse_value(const ParameterSpec& spec, std::string_view text, std::string_view where) {
  const auto parsed = [&](auto number) -> std::optional<Value> {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
  };
  std::optional<Value> value;
  switch (spec.kind) {
    case Kind::boolean:
      if (text == "true" || text == "false") value = text == "true";
      break;
    case Kind::integer:
      value = parsed(std::int64_t{0});
      if (!value) value = parsed(0.0);  // "1e3"
      break;
    case Kind::real:
      value = parsed(0.0);
      break;
    case Kind::choice:
    case Kind::text:
      value = std::string(text);
      break;
  }
  if (value) return checked(spec, *value, where);
  return std::vector<Problem>{{where.empty() ? spec.path : std::string(where),
                               text.empty() ? "nothing" : in_quotes(text), allowed_values(spec)}};
}

}  // namespace tessera
