#include "core/tasks/classification.h"

#include <ATen/ATen.h>

#include "core/data/image_set.h"
#include "core/lab/problem.h"

namespace tessera {
namespace {

TaskOutline outline_of(const ImageData& data) {
  TaskOutline outline;
  outline.inputs = shape_of(data.train);
  outline.outputs = static_cast<int>(data.classes.size());
  outline.classes = data.classes;
  return outline;
}

}  // namespace

ImageData load_training_images(const ClassificationParameters& parameters) {
  ImageData data = load_images(parameters.data_name, data_folder(parameters.data_name, parameters.data_path));
  if (parameters.train_samples > data.train.samples()) {
    throw InputError({{"task.train_samples", std::to_string(parameters.train_samples),
                       "up to " + std::to_string(data.train.samples()) + ", the samples there are"}});
  }
  if (parameters.train_samples > 0) data.train.keep_first(parameters.train_samples);
  return data;
}

ClassificationTask::ClassificationTask(const ClassificationParameters& parameters, std::int64_t batch_size,
                                       std::int64_t seed, at::Device device)
    : ClassificationTask(load_training_images(parameters), batch_size, seed, device) {}

ClassificationTask::ClassificationTask(const ImageData& data, std::int64_t batch_size, std::int64_t seed,
                                       at::Device device)
    : Task(outline_of(data), data.train.labels, batch_size, seed) {
  LabelledImageData images = labelled_images(data, device);
  train_ = std::move(images.train);
  test_ = std::move(images.test);
}

Samples ClassificationTask::pick_plain(const std::vector<std::int64_t>& indices) const {
  return picked(train_, indices);
}

Samples ClassificationTask::test_plain(std::int64_t first, std::int64_t end) const {
  return slice_of(test_, first, end);
}

}  // namespace tessera
