#include "core/tasks/interference.h"

#include <ATen/ATen.h>

#include "core/data/random.h"
#include "core/tasks/tensors.h"

namespace tessera {
namespace {

constexpr int tasks = 2;

TaskOutline outline_of(const InterferenceParameters& parameters) {
  TaskOutline outline;
  outline.inputs.rows = 1;
  outline.inputs.columns = static_cast<int>(parameters.features);
  outline.outputs = tasks;
  outline.tasks = tasks;
  outline.class_noun = "task";
  outline.classes = {"say 0", "say 1"};
  return outline;
}

std::vector<std::uint8_t> task_of_samples(std::int64_t inputs) {
  std::vector<std::uint8_t> of_samples(static_cast<std::size_t>(tasks * inputs));
  for (std::size_t i = 0; i < of_samples.size(); ++i) of_samples[i] = i % tasks;
  return of_samples;
}

// Sums of twelve uniform numbers, less 6: normal but for its tails, which end at 6.
at::Tensor normal_inputs(std::int64_t count, std::int64_t features, std::int64_t seed, std::string_view name) {
  Random random(seed, name);
  at::Tensor drawn = at::empty({count, features});
  float* const values = drawn.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < drawn.numel(); ++i) {
    double sum = -6;
    for (int j = 0; j < 12; ++j) sum += random.uniform();
    values[i] = static_cast<float>(sum);
  }
  return drawn;
}

Samples samples_of(const at::Tensor& inputs, const at::Tensor& index) {
  const at::Tensor task = index.remainder(tasks);
  return {inputs.index_select(0, index.floor_divide(tasks)), task, task, {}, {}};  // task i answers i
}

}  // namespace

InterferenceTask::InterferenceTask(const InterferenceParameters& parameters, std::int64_t batch_size, std::int64_t seed,
                                   at::Device device)
    : Task(outline_of(parameters), task_of_samples(parameters.samples), batch_size, seed),
      train_(normal_inputs(parameters.samples, parameters.features, seed, "interference, training").to(device)),
      test_(normal_inputs(parameters.samples / 2, parameters.features, seed, "interference, test").to(device)) {}

Samples InterferenceTask::pick_plain(const std::vector<std::int64_t>& indices) const {
  return samples_of(train_, indices_on(train_.device(), indices));
}

Samples InterferenceTask::test_plain(std::int64_t first, std::int64_t end) const {
  return samples_of(test_, at::arange(first, end, at::TensorOptions(at::kLong).device(test_.device())));
}

}  // namespace tessera
