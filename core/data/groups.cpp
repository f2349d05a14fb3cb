#include "core/data/groups.h"

#include <algorithm>
#include <charconv>

#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr std::size_t max_groups = 100;

Problem wrong(std::string_view found, int classes, std::string_view where) {
  return {std::string(where), "\"" + std::string(found) + "\"",
          "groups separated by |, each a list of classes (0 to " + std::to_string(classes - 1) +
              ") or ranges: 0-4|5-9 or 0,2,4|1,3; two groups at least"};
}

// "3", "0-4" -> first and last class; false when it is neither, or not among the classes.
bool read_range(std::string_view text, int classes, int& first, int& last) {
  const auto number = [&](std::string_view part, int& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return !part.empty() && error == std::errc() && end == part.data() + part.size() && value >= 0 && value < classes;
  };
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return number(text, first) && number(text, last);
  return number(text.substr(0, dash), first) && number(text.substr(dash + 1), last) && first <= last;
}

}  // namespace

Result<Groups> class_lists(std::string_view text, int classes, std::string_view where) {
  Groups groups;
  for (const std::string_view part : split(text, '|')) {
    std::vector<int> group;
    for (const std::string_view item : split(part, ',')) {
      int first = 0, last = 0;
      if (!read_range(trimmed(item), classes, first, last)) return std::vector{wrong(text, classes, where)};
      for (int c = first; c <= last; ++c) {
        if (std::find(group.begin(), group.end(), c) != group.end()) {
          Problem twice = wrong(text, classes, where);
          twice.found += ": class " + std::to_string(c) + " twice in one group";
          return std::vector{twice};
        }
        group.push_back(c);
      }
    }
    groups.push_back(std::move(group));
  }
  if (groups.size() < 2 || groups.size() > max_groups) return std::vector{wrong(text, classes, where)};
  return groups;
}

Result<Groups> class_groups(std::string_view kind, std::string_view custom, int classes) {
  if (kind == "custom") return class_lists(custom, classes, "measure.custom_groups");
  Groups groups;
  for (int c = 0; c < classes; ++c) {
    std::size_t group = static_cast<std::size_t>(c);  // classes
    if (kind == "pairs") group = group / 2;
    if (kind == "halves") group = 2 * c < classes ? 0 : 1;
    if (kind == "parity") group = group % 2;
    if (group >= groups.size()) groups.resize(group + 1);
    groups[group].push_back(c);
  }
  return groups;
}

std::string group_name(const std::vector<int>& group, const std::vector<std::string>& class_names) {
  if (group.size() == 1) return class_names[static_cast<std::size_t>(group[0])];
  const bool run =
      group.back() - group.front() + 1 == static_cast<int>(group.size()) && std::is_sorted(group.begin(), group.end());
  if (run) return std::to_string(group.front()) + "-" + std::to_string(group.back());
  std::string name;
  for (const int c : group) name += (name.empty() ? "" : ",") + std::to_string(c);
  return name;
}

}  // namespace tessera
