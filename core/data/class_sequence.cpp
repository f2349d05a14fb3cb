#include "core/data/class_sequence.h"

#include <algorithm>
#include <numeric>

#include "core/data/groups.h"
#include "core/data/random.h"

namespace tessera {
namespace {

std::vector<std::int32_t> order_of(const ClassSequenceSpec& spec, int count) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (spec.order == "shuffled") Random(spec.order_seed, "task sequence").shuffle(order);
  return order;
}

Problem too_many(const ClassSequenceSpec& spec, std::size_t most, const char* of) {
  return {"task.sequence.tasks", std::to_string(spec.tasks), "1 to " + std::to_string(most) + ", the " + of};
}

// Task t has the superclass that is t-th in the order.
Result<ClassSequence> by_superclass(const ClassSequenceSpec& spec, const std::vector<int>& superclasses) {
  if (superclasses.empty()) {
    return std::vector<Problem>{
        {"task.sequence.split", "superclasses", "another one: this data set has no superclasses"}};
  }
  std::vector<int> present = superclasses;
  std::sort(present.begin(), present.end());
  present.erase(std::unique(present.begin(), present.end()), present.end());
  if (spec.tasks > static_cast<std::int64_t>(present.size())) {
    return std::vector{too_many(spec, present.size(), "superclasses")};
  }
  const std::vector<std::int32_t> order = order_of(spec, static_cast<int>(present.size()));
  ClassSequence tasks(static_cast<std::size_t>(spec.tasks));
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const int superclass = present[static_cast<std::size_t>(order[t])];
    for (std::size_t c = 0; c < superclasses.size(); ++c) {
      if (superclasses[c] == superclass) tasks[t].push_back(static_cast<int>(c));
    }
  }
  return tasks;
}

}  // namespace

Result<ClassSequence> class_sequence(const ClassSequenceSpec& spec, int classes, const std::vector<int>& superclasses) {
  if (spec.split == "list") {
    auto tasks = class_lists(spec.list, classes, "task.sequence.list");
    if (tasks) {
      for (auto& task : *tasks.value) std::sort(task.begin(), task.end());
    }
    return tasks;
  }
  if (spec.split == "superclasses") return by_superclass(spec, superclasses);
  if (spec.tasks > classes) return std::vector{too_many(spec, static_cast<std::size_t>(classes), "classes")};
  if (spec.split == "overlapping" && spec.classes_per_task > classes) {
    return std::vector<Problem>{{"task.sequence.classes_per_task", std::to_string(spec.classes_per_task),
                                 "1 to " + std::to_string(classes) + ", the classes"}};
  }
  const std::vector<std::int32_t> order = order_of(spec, classes);
  const std::size_t each = order.size() / static_cast<std::size_t>(spec.tasks);
  ClassSequence tasks(static_cast<std::size_t>(spec.tasks));
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    std::size_t size = t + 1 < tasks.size() ? each : order.size() - t * each;  // the last has what is left over
    if (spec.split == "overlapping") size = static_cast<std::size_t>(spec.classes_per_task);
    if (spec.split == "partial") size = (size + 1) / 2;
    for (std::size_t i = 0; i < size; ++i) tasks[t].push_back(order[(t * each + i) % order.size()]);
    std::sort(tasks[t].begin(), tasks[t].end());
  }
  return tasks;
}

}  // namespace tessera
