// The interference pair (seed 001, "Interference analysis"): two tasks that exclude each other. Inputs are the same,
// and one task must answer 0 where the other must answer 1; only knowing the task tells them apart.
#pragma once

#include "core/tasks/interference_parameters.h"
#include "core/tasks/task.h"

namespace tessera {

class InterferenceTask : public Task {
 public:
  InterferenceTask(const InterferenceParameters& parameters, std::int64_t batch_size, std::int64_t seed,
                   at::Device device);

  std::int64_t test_samples() const override { return 2 * test_.size(0); }

 private:
  Samples pick_plain(const std::vector<std::int64_t>& indices) const override;
  Samples test_plain(std::int64_t first, std::int64_t end) const override;
  at::Tensor train_, test_;  // float32 [inputs, features]; sample i is input i / 2 in task i % 2
};

}  // namespace tessera
