// The classification task: images of a data set.
#pragma once

#include "core/tasks/classification_parameters.h"
#include "core/tasks/labelled_images.h"
#include "core/tasks/task.h"

namespace tessera {

// The data set that the parameters name, with as many training samples as they say. Throws InputError.
ImageData load_training_images(const ClassificationParameters& parameters);

class ClassificationTask : public Task {
 public:
  // Reads the data set. Throws InputError when it is missing or damaged, or doesn't have as many samples as asked for.
  ClassificationTask(const ClassificationParameters& parameters, std::int64_t batch_size, std::int64_t seed,
                     at::Device device);

  std::int64_t test_samples() const override { return test_.labels.size(0); }

 private:
  Samples pick_plain(const std::vector<std::int64_t>& indices) const override;
  Samples test_plain(std::int64_t first, std::int64_t end) const override;
  ClassificationTask(const ImageData& data, std::int64_t batch_size, std::int64_t seed, at::Device device);

  LabelledImages train_, test_;
};

}  // namespace tessera
