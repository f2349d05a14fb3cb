#include "core/tasks/classification.h"

#include <torch/torch.h>

#include <array>
#include <cmath>

#include "core/data/image_set.h"
#include "core/lab/problem.h"
#include "core/tasks/tensors.h"

namespace tessera {
namespace {

// Mean and standard deviation of all pixels, in units of their 255 steps.
struct Brightness {
  double mean, deviation;
};
Brightness brightness(const ImageSet& set) {
  std::array<std::int64_t, 256> counts{};
  for (const std::uint8_t pixel : set.pixels) ++counts[pixel];
  const auto n = static_cast<double>(set.pixels.size());
  double mean = 0, square = 0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    const auto v = static_cast<double>(value), share = static_cast<double>(counts[value]) / n;
    mean += share * v;
    square += share * v * v;
  }
  const double variance = square - mean * mean;
  return {mean, variance > 0 ? std::sqrt(variance) : 1};
}

LabelledImages to_device(const ImageSet& set, const Brightness& scale, at::Device device) {
  at::Tensor x = bytes_of(set.pixels).to(device).to(at::kFloat);
  x.sub_(scale.mean).mul_(1 / scale.deviation);
  return {x.view({set.samples(), -1}), bytes_of(set.labels).to(device).to(at::kLong)};
}

TaskOutline outline_of(const ImageData& data) {
  TaskOutline outline;
  outline.inputs.rows = data.train.rows;
  outline.inputs.columns = data.train.columns;
  outline.outputs = static_cast<int>(data.classes.size());
  outline.classes = data.classes;
  return outline;
}

}  // namespace

struct ClassificationTask::Loaded {
  ImageData data;
  explicit Loaded(const ClassificationParameters& parameters)
      : data(load_images(parameters.data_name, data_folder(parameters.data_name, parameters.data_path))) {
    ImageSet& train = data.train;
    if (parameters.train_samples > train.samples()) {
      throw InputError({{"task.train_samples", std::to_string(parameters.train_samples),
                         "up to " + std::to_string(train.samples()) + ", the samples there are"}});
    }
    if (parameters.train_samples > 0) {
      train.labels.resize(static_cast<std::size_t>(parameters.train_samples));
      train.pixels.resize(train.labels.size() * static_cast<std::size_t>(train.rows * train.columns));
    }
  }
};

ClassificationTask::ClassificationTask(const ClassificationParameters& parameters, std::int64_t batch_size,
                                       std::int64_t seed, at::Device device)
    : ClassificationTask(Loaded(parameters), batch_size, seed, device) {}

ClassificationTask::ClassificationTask(Loaded loaded, std::int64_t batch_size, std::int64_t seed, at::Device device)
    : Task(outline_of(loaded.data), loaded.data.train.labels, batch_size, seed) {
  const Brightness scale = brightness(loaded.data.train);
  train_ = to_device(loaded.data.train, scale, device);
  test_ = to_device(loaded.data.test, scale, device);
}

Samples ClassificationTask::pick(const std::vector<std::int64_t>& indices) const {
  const at::Tensor index = indices_on(train_.labels.device(), indices);
  const at::Tensor labels = train_.labels.index_select(0, index);
  return {train_.pixels.index_select(0, index), labels, labels, {}, {}};
}

Samples ClassificationTask::test(std::int64_t first, std::int64_t end) const {
  const at::Tensor labels = test_.labels.slice(0, first, end);
  return {test_.pixels.slice(0, first, end), labels, labels, {}, {}};
}

}  // namespace tessera
