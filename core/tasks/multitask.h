// Several questions about images, learned at once: sample i is image i / T of task i % T, of T tasks.
#pragma once

#include "core/data/image_tasks.h"
#include "core/tasks/labelled_images.h"
#include "core/tasks/multitask_parameters.h"
#include "core/tasks/task.h"

namespace tessera {

class MultitaskTask : public Task {
 public:
  // Throws InputError when a data set is missing or damaged, their images differ in size, or there are fewer samples
  // than asked for.
  MultitaskTask(const MultitaskParameters& parameters, std::int64_t batch_size, std::int64_t seed, at::Device device);

  std::int64_t test_samples() const override { return test_samples_; }

 private:
  Samples pick_plain(const std::vector<std::int64_t>& indices) const override;
  Samples test_plain(std::int64_t first, std::int64_t end) const override;
  struct Loaded;
  MultitaskTask(const Loaded& loaded, std::int64_t batch_size, std::int64_t seed, at::Device device);

  // The images that tasks ask about, and a task's answers.
  struct Part {
    at::Tensor pixels;   // float32 [images, channels * rows * columns], shared by tasks of one data set
    at::Tensor answers;  // int64 [images]: places among all outputs
  };
  Samples samples_of(const std::vector<Part>& parts, const at::Tensor& index) const;

  std::vector<Part> train_, test_;  // one a task
  std::int64_t test_samples_;
};

}  // namespace tessera
