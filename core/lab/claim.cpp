// Claims in words.
#include "core/lab/claim.h"

#include <algorithm>

#include "core/lab/text.h"

namespace tessera {
namespace {

bool word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

std::string window_text(const Claim& claim) {
  const bool ends = claim.to != Claim().to;
  if (claim.from == 0 && !ends) return "";
  if (!ends) return " from step " + with_commas(claim.from) + " on";
  return " over steps " + with_commas(claim.from) + " to " + with_commas(claim.to);
}

std::string over_run_text(const Claim& claim, const std::string& metric) {
  switch (claim.over_run) {
    case OverRun::last:
      return metric + " at the end";
    case OverRun::min:
      return "least " + metric + window_text(claim);
    case OverRun::max:
      return "largest " + metric + window_text(claim);
    case OverRun::mean:
      return "mean of " + metric + window_text(claim);
    case OverRun::slope:
      return "slope of " + metric + " per step" + window_text(claim);
    case OverRun::step_of_max:
      return "step of the largest " + metric + window_text(claim);
    case OverRun::at_step:
      return metric + " at step " + with_commas(claim.step);
  }
  return "";
}

// Large groups by their ends: "a-0, ..., a-26 (27)".
std::string group_text(const std::vector<std::string>& names) {
  if (names.size() <= 6) return listed(names, names.size());
  return names.front() + ", ..., " + names.back() + " (" + std::to_string(names.size()) + ")";
}

std::string minus_group_text(const Claim& claim) {
  return claim.minus_variants.empty() ? "" : ", less that of " + group_text(claim.minus_variants);
}

std::string over_variants_text(const Claim& claim) {
  const std::vector<std::string>& names = claim.variants;
  switch (claim.over_variants) {
    case OverVariants::one:
      return names[0] == preset_itself ? "" : ", " + names[0];
    case OverVariants::difference:
      return ", " + names[0] + " - " + names[1];
    case OverVariants::ratio:
      return ", " + names[0] + " / " + names[1];
    case OverVariants::spread:
      return ", largest - smallest of " + group_text(names) + minus_group_text(claim);
    case OverVariants::least:
      return ", smallest of " + group_text(names) + minus_group_text(claim);
  }
  return "";
}

}  // namespace

bool variant_name_allowed(std::string_view name) {
  return !name.empty() && name.size() <= max_variant_name && std::all_of(name.begin(), name.end(), word) &&
         name[0] != '-' && name[0] != '_';
}

bool metric_name_allowed(std::string_view name) {
  if (name.empty() || name.size() > 100 || name.front() == '/' || name.back() == '/') return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool begins = i == 0 || name[i - 1] == '/';
    if (c == '/' ? begins : !(word(c) || (c >= 'A' && c <= 'Z') || (c == '.' && !begins))) return false;
  }
  return true;
}

bool Prediction::holds(double x) const {
  switch (comparison) {
    case Comparison::less:
      return x < low;
    case Comparison::less_equal:
      return x <= low;
    case Comparison::greater:
      return x > low;
    case Comparison::greater_equal:
      return x >= low;
    case Comparison::between:
      return low <= x && x <= high;
  }
  return false;
}

std::string Prediction::text() const {
  if (comparison == Comparison::between) return number_text(low) + " to " + number_text(high);
  return names_of(comparison)[static_cast<std::size_t>(comparison)] + " " + number_text(low);
}

std::string measured_text(const Claim& claim) {
  const std::string less = claim.minus.empty() ? "" : " - " + over_run_text(claim, claim.minus);
  return over_run_text(claim, claim.metric) + less + over_variants_text(claim);
}

const std::vector<std::string>& names_of(OverRun) {
  static const std::vector<std::string> names = {"last", "min", "max", "mean", "slope", "step_of_max", "at_step"};
  return names;
}

const std::vector<std::string>& names_of(OverVariants) {
  static const std::vector<std::string> names = {"of", "difference", "ratio", "spread", "least"};
  return names;
}

const std::vector<std::string>& names_of(Comparison) {
  static const std::vector<std::string> names = {"<", "<=", ">", ">=", "between"};
  return names;
}

}  // namespace tessera
