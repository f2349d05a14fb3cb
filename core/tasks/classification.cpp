#include "core/tasks/classification.h"

#include <torch/torch.h>

#include <array>
#include <cmath>

#include "core/data/image_set.h"
#include "core/lab/problem.h"

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

Samples to_device(const ImageSet& set, const Brightness& scale, at::Device device) {
  const auto pixels = static_cast<std::int64_t>(set.pixels.size());
  const auto view = [](const std::vector<std::uint8_t>& bytes, std::int64_t count) {
    return at::from_blob(const_cast<std::uint8_t*>(bytes.data()), {count}, at::kByte);  // only read
  };
  at::Tensor x = view(set.pixels, pixels).to(device).to(at::kFloat);
  x.sub_(scale.mean).mul_(1 / scale.deviation);
  return {x.view({set.samples(), -1}), view(set.labels, set.samples()).to(device).to(at::kLong)};
}

void must_not_exceed(const char* path, std::int64_t value, std::int64_t available) {
  if (value <= available) return;
  throw InputError({{path, std::to_string(value), "up to " + std::to_string(available) + ", the samples there are"}});
}

}  // namespace

struct ClassificationTask::Loaded {
  ImageData data;
  explicit Loaded(const ClassificationParameters& parameters)
      : data(load_images(parameters.data_name, data_folder(parameters.data_name, parameters.data_path))) {
    ImageSet& train = data.train;
    must_not_exceed("task.train_samples", parameters.train_samples, train.samples());
    if (parameters.train_samples > 0) {
      train.labels.resize(static_cast<std::size_t>(parameters.train_samples));
      train.pixels.resize(train.labels.size() * static_cast<std::size_t>(train.rows * train.columns));
    }
    must_not_exceed("task.batch_size", parameters.batch_size, train.samples());
  }
};

ClassificationTask::ClassificationTask(const ClassificationParameters& parameters, std::int64_t seed, at::Device device)
    : ClassificationTask(Loaded(parameters), parameters, seed, device) {}

ClassificationTask::ClassificationTask(Loaded loaded, const ClassificationParameters& parameters, std::int64_t seed,
                                       at::Device device)
    : sampler(loaded.data.train.samples(), seed),
      classes_(std::move(loaded.data.classes)),
      rows_(loaded.data.train.rows),
      columns_(loaded.data.train.columns),
      batch_size_(parameters.batch_size) {
  const Brightness scale = brightness(loaded.data.train);
  train_ = to_device(loaded.data.train, scale, device);
  test_ = to_device(loaded.data.test, scale, device);
  train_labels_ = std::move(loaded.data.train.labels);
}

Samples ClassificationTask::next_batch() {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(batch_size_));
  sampler.next(indices);
  return pick(indices);
}

Samples ClassificationTask::pick(const std::vector<std::int64_t>& indices) const {
  at::Tensor index = at::empty({static_cast<std::int64_t>(indices.size())}, at::kLong);
  std::copy(indices.begin(), indices.end(), index.mutable_data_ptr<std::int64_t>());
  index = index.to(train_.labels.device());
  return {train_.pixels.index_select(0, index), train_.labels.index_select(0, index)};
}

}  // namespace tessera
