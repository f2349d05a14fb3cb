#include "core/tasks/multitask.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "core/data/more_images.h"
#include "core/lab/problem.h"
#include "core/tasks/tensors.h"

namespace tessera {
struct MultitaskTask::Loaded {
  std::vector<ImageTask> tasks;
  std::map<std::string, ImageData> data;
  std::int64_t train, test;  // images of each task

  explicit Loaded(const MultitaskParameters& parameters) {
    auto read = image_tasks(parameters.tasks);
    if (!read) throw InputError(read.problems);
    tasks = *std::move(read.value);
    for (const ImageTask& task : tasks) {
      if (!data.contains(task.data)) data.emplace(task.data, load_named(task.data, "task.multitask.tasks"));
    }
    const ImageData& first = data.begin()->second;
    train = first.train.samples();
    test = first.test.samples();
    for (const auto& [name, of] : data) {
      if (!of.train.same_shape(first.train)) {
        throw InputError({{"task.multitask.tasks", parameters.tasks, "data sets with images of one size"}});
      }
      train = std::min(train, of.train.samples());
      test = std::min(test, of.test.samples());
    }
    if (parameters.samples > train) {
      throw InputError({{"task.multitask.samples", std::to_string(parameters.samples),
                         "up to " + std::to_string(train) + ", the samples there are"}});
    }
    if (parameters.samples > 0) train = parameters.samples;
  }

  TaskOutline outline() const {
    TaskOutline made;
    const ImageData& first = data.begin()->second;
    made.inputs = shape_of(first.train);
    made.tasks = static_cast<std::int64_t>(tasks.size());
    made.class_noun = "task";
    for (const ImageTask& task : tasks) {
      const int answers = task.answers(static_cast<int>(data.at(task.data).classes.size()));
      made.task_outputs.push_back({made.outputs, made.outputs + answers});
      made.outputs += answers;
      made.classes.push_back(task.text);
    }
    return made;
  }

  std::vector<std::uint8_t> task_of_samples() const {
    std::vector<std::uint8_t> made(tasks.size() * static_cast<std::size_t>(train));
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint8_t>(i % tasks.size());
    return made;
  }
};

MultitaskTask::MultitaskTask(const MultitaskParameters& parameters, std::int64_t batch_size, std::int64_t seed,
                             at::Device device)
    : MultitaskTask(Loaded(parameters), batch_size, seed, device) {}

MultitaskTask::MultitaskTask(const Loaded& loaded, std::int64_t batch_size, std::int64_t seed, at::Device device)
    : Task(loaded.outline(), loaded.task_of_samples(), batch_size, seed), test_samples_(loaded.test * outline().tasks) {
  std::map<std::string, LabelledImageData> images;
  for (const auto& [name, data] : loaded.data) images.emplace(name, labelled_images(data, device));
  for (std::size_t t = 0; t < loaded.tasks.size(); ++t) {
    const ImageTask& task = loaded.tasks[t];
    const auto classes = static_cast<int>(loaded.data.at(task.data).classes.size());
    std::vector<std::int64_t> answers;
    for (int c = 0; c < classes; ++c) answers.push_back(outline().task_outputs[t].first + task.answer(c));
    const at::Tensor by_class = indices_on(device, answers);
    const auto part = [&](const LabelledImages& of) { return Part{of.pixels, by_class.index_select(0, of.labels)}; };
    train_.push_back(part(images.at(task.data).train));
    test_.push_back(part(images.at(task.data).test));
  }
}

Samples MultitaskTask::samples_of(const std::vector<Part>& parts, const at::Tensor& index) const {
  const auto tasks = static_cast<std::int64_t>(parts.size());
  Samples made;
  made.labels = index.remainder(tasks);
  const at::Tensor image = index.floor_divide(tasks);
  made.inputs = at::empty({index.size(0), parts[0].pixels.size(1)}, parts[0].pixels.options());
  made.targets = at::empty_like(index);
  for (std::int64_t t = 0; t < tasks; ++t) {
    const Part& part = parts[static_cast<std::size_t>(t)];
    const at::Tensor rows = (made.labels == t).nonzero().flatten(), images = image.index_select(0, rows);
    made.inputs.index_copy_(0, rows, part.pixels.index_select(0, images));
    made.targets.index_copy_(0, rows, part.answers.index_select(0, images));
  }
  return made;
}

Samples MultitaskTask::pick_plain(const std::vector<std::int64_t>& indices) const {
  return samples_of(train_, indices_on(train_[0].pixels.device(), indices));
}

Samples MultitaskTask::test_plain(std::int64_t first, std::int64_t end) const {
  return samples_of(test_, at::arange(first, end, at::TensorOptions(at::kLong).device(test_[0].pixels.device())));
}

}  // namespace tessera
