// Tasks one after another: the classes of a data set, divided.
#pragma once

#include "core/tasks/classification_parameters.h"
#include "core/tasks/labelled_images.h"
#include "core/tasks/sequence_parameters.h"
#include "core/tasks/task.h"

namespace tessera {

class SequenceTask : public Task {
 public:
  // Throws InputError when the data set is missing or damaged, or its classes can't be divided as asked for.
  SequenceTask(const ClassificationParameters& data, const SequenceParameters& parameters, std::int64_t batch_size,
               std::int64_t seed, at::Device device);

  bool advance_to(std::int64_t step) override;
  std::int64_t steps_begun() const override { return steps_begun_; }
  std::vector<std::int64_t> stage_samples() const override { return pool(stage_); }
  std::int64_t stage() const override { return stage_; }
  std::int64_t stage_began() const override { return stage_ * steps_; }
  bool joint() const override { return joint_; }
  std::int64_t begun() const override;
  bool stage_ends_after(std::int64_t step) const override;
  void restore(EpochSampler::State state, std::int64_t stage) override;
  void use_features(const Encode& encode) override;
  std::int64_t test_samples() const override { return test_.labels.size(0); }

 private:
  struct Loaded;
  SequenceTask(Loaded loaded, const SequenceParameters& parameters, std::int64_t batch_size, std::int64_t seed,
               at::Device device);
  std::int64_t drawn(std::int64_t place) const override { return pool(stage_)[static_cast<std::size_t>(place)]; }
  Samples pick_plain(const std::vector<std::int64_t>& indices) const override;
  Samples test_plain(std::int64_t first, std::int64_t end) const override;
  const std::vector<std::int64_t>& pool(std::int64_t stage) const;
  EpochSampler sampler_of(std::int64_t stage) const;

  LabelledImages train_, test_;
  LabelledImages train_features_, test_features_;  // what is handed out in their place; undefined: they are
  std::vector<std::vector<std::int64_t>> pools_;   // training samples of each task; joint: one, of all
  std::int64_t steps_;
  bool joint_;
  std::int64_t seed_, stage_ = 0, steps_begun_ = 0;
};

}  // namespace tessera
