#include "core/tasks/classification.h"

#include <ATen/ATen.h>

#include "core/data/image_set.h"
#include "core/lab/problem.h"
#include "core/tasks/tensors.h"

namespace tessera {
namespace {

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
  LabelledImageData images = labelled_images(loaded.data, device);
  train_ = std::move(images.train);
  test_ = std::move(images.test);
}

Samples ClassificationTask::pick_plain(const std::vector<std::int64_t>& indices) const {
  const at::Tensor index = indices_on(train_.labels.device(), indices);
  const at::Tensor labels = train_.labels.index_select(0, index);
  return {train_.pixels.index_select(0, index), labels, labels, {}, {}};
}

Samples ClassificationTask::test_plain(std::int64_t first, std::int64_t end) const {
  const at::Tensor labels = test_.labels.slice(0, first, end);
  return {test_.pixels.slice(0, first, end), labels, labels, {}, {}};
}

}  // namespace tessera
