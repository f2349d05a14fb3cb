// See task_steps.h.
#include "app/panels/task_steps.h"

#include <algorithm>

#include "app/panels/lookup.h"

namespace tessera {

TaskSteps task_steps(const Snapshot& snapshot) {
  if (!snapshot.parameters || !snapshot.description) return {};
  const Parameters& parameters = *snapshot.parameters;
  for (const char* path : {"task.kind", "task.sequence.steps", "task.sequence.tasks"}) {
    if (!parameters.table().find(path)) return {};
  }
  if (parameters.text("task.kind") != "sequence") return {};
  // How many tasks superclasses make, only the data tell.
  std::int64_t tasks = parameters.integer("task.sequence.tasks");
  if (const auto matrix = metric_named(*snapshot.description, "accuracy_matrix/task_il")) {
    tasks = static_cast<std::int64_t>(snapshot.description->metrics[*matrix].axes[0].labels.size());
  }
  const std::int64_t each = std::max<std::int64_t>(1, parameters.integer("task.sequence.steps"));
  return {each, std::max<std::int64_t>(0, tasks - 1) * each};
}

std::vector<std::int64_t> task_beginnings(const TaskSteps& task) {
  std::vector<std::int64_t> steps;
  for (std::int64_t step = task.each; task.more(step); step += task.each) steps.push_back(step);
  return steps;
}

}  // namespace tessera
