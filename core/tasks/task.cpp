#include "core/tasks/task.h"

#include <ATen/ATen.h>

#include "core/lab/problem.h"
#include "core/tasks/classification.h"
#include "core/tasks/interference.h"
#include "core/tasks/language.h"
#include "core/tasks/multitask.h"
#include "core/tasks/sequence.h"
#include "core/tasks/task_parameters.h"

namespace tessera {
namespace {

std::int64_t must_not_exceed(std::int64_t batch_size, std::size_t samples) {
  if (batch_size <= static_cast<std::int64_t>(samples)) return batch_size;
  throw InputError({{"task.batch_size", std::to_string(batch_size),
                     "up to " + std::to_string(samples) + ", the samples there are"}});
}

}  // namespace

Task::Task(TaskOutline outline, std::vector<std::uint8_t> train_labels, std::int64_t batch_size, std::int64_t seed)
    : sampler(static_cast<std::int64_t>(train_labels.size()), seed),
      outline_(std::move(outline)),
      train_labels_(std::move(train_labels)),
      batch_size_(must_not_exceed(batch_size, train_labels_.size())) {}

Samples Task::next_batch() {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(batch_size_));
  sampler.next(indices);
  for (std::int64_t& index : indices) index = drawn(index);
  return pick(indices);
}

Samples Task::drifted(Samples samples) const {
  if (drift == 0 || outline_.inputs.is_text() || !outline_.sequence.empty()) return samples;
  if (outline_.task_outputs.empty()) {
    samples.targets = (samples.targets + drift).remainder(outline_.outputs);
    return samples;
  }
  for (const auto& [first, end] : outline_.task_outputs) {
    const at::Tensor moved = (samples.targets - first + drift).remainder(end - first) + first;
    samples.targets = at::where((samples.targets >= first) & (samples.targets < end), moved, samples.targets);
  }
  return samples;
}

namespace {

std::unique_ptr<Task> task_of_kind(const std::string& kind, const Parameters& parameters, std::int64_t batch_size,
                                   at::Device device) {
  const std::int64_t seed = parameters.integer("run.seed");
  if (kind == "language") {
    return std::make_unique<LanguageTask>(parameters.load<LanguageParameters>("task"), batch_size, seed, device);
  }
  if (kind == "interference") {
    return std::make_unique<InterferenceTask>(parameters.load<InterferenceParameters>("task"), batch_size, seed,
                                              device);
  }
  if (kind == "multitask") {
    return std::make_unique<MultitaskTask>(parameters.load<MultitaskParameters>("task"), batch_size, seed, device);
  }
  const auto images = parameters.load<ClassificationParameters>("task");
  if (kind == "sequence") {
    return std::make_unique<SequenceTask>(images, parameters.load<SequenceParameters>("task"), batch_size, seed,
                                          device);
  }
  return std::make_unique<ClassificationTask>(images, batch_size, seed, device);
}

}  // namespace

std::unique_ptr<Task> make_task(const Parameters& parameters, at::Device device) {
  const auto common = parameters.load<TaskParameters>("task");
  auto task = task_of_kind(common.kind, parameters, common.batch_size, device);
  task->drift = common.drift;
  return task;
}

}  // namespace tessera
