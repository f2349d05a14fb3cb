// The classification task: images of a data set, in batches, on the device that trains.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/data/sampler.h"
#include "core/tasks/classification_parameters.h"

namespace tessera {

struct Samples {
  at::Tensor pixels;  // float32 [samples, rows * columns]; the training set's have mean 0 and variance 1
  at::Tensor labels;  // int64 [samples]
  std::int64_t size() const { return labels.size(0); }
};

class ClassificationTask {
 public:
  // Reads the data set. Throws InputError when it is missing or damaged, or doesn't have as many samples as asked for.
  ClassificationTask(const ClassificationParameters& parameters, std::int64_t seed, at::Device device);

  Samples next_batch();
  // Training samples by index.
  Samples pick(const std::vector<std::int64_t>& indices) const;
  const Samples& test() const { return test_; }
  const std::vector<std::uint8_t>& train_labels() const { return train_labels_; }  // by sample, on the CPU

  const std::vector<std::string>& classes() const { return classes_; }
  int rows() const { return rows_; }
  int columns() const { return columns_; }

  EpochSampler sampler;

 private:
  struct Loaded;
  ClassificationTask(Loaded loaded, const ClassificationParameters& parameters, std::int64_t seed, at::Device device);

  std::vector<std::string> classes_;
  int rows_, columns_;
  std::int64_t batch_size_;
  std::vector<std::uint8_t> train_labels_;
  Samples train_, test_;
};

}  // namespace tessera
