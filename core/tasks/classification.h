// The classification task: images of a data set.
#pragma once

#include "core/tasks/classification_parameters.h"
#include "core/tasks/task.h"

namespace tessera {

struct LabelledImages {
  at::Tensor pixels;  // float32 [samples, rows * columns]; the training set's have mean 0 and variance 1
  at::Tensor labels;  // int64 [samples]
};

class ClassificationTask : public Task {
 public:
  // Reads the data set. Throws InputError when it is missing or damaged, or doesn't have as many samples as asked for.
  ClassificationTask(const ClassificationParameters& parameters, std::int64_t batch_size, std::int64_t seed,
                     at::Device device);

  Samples pick(const std::vector<std::int64_t>& indices) const override;
  Samples test(std::int64_t first, std::int64_t end) const override;
  std::int64_t test_samples() const override { return test_.labels.size(0); }

 private:
  struct Loaded;
  ClassificationTask(Loaded loaded, std::int64_t batch_size, std::int64_t seed, at::Device device);

  LabelledImages train_, test_;
};

}  // namespace tessera
