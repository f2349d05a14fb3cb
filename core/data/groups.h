// Groups of classes, which gradients are compared between.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/lab/problem.h"

namespace tessera {

using Groups = std::vector<std::vector<int>>;  // classes of each group

// kind is a choice of measure.groups; custom the text of measure.custom_groups ("0-4|5-9"), used for "custom" only.
// Every group has a class, no class comes twice in a group; custom: at least two groups, at most 100.
Result<Groups> class_groups(std::string_view kind, std::string_view custom, int classes);

// Lists of classes separated by |, as above, in the order given. where: the parameter that has them.
Result<Groups> class_lists(std::string_view text, int classes, std::string_view where);

// "T-shirt/top", or "0-4" for a run of classes, or "0,2,4".
std::string group_name(const std::vector<int>& group, const std::vector<std::string>& class_names);

}  // namespace tessera
