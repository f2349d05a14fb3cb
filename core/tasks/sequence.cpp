#include "core/tasks/sequence.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/data/groups.h"
#include "core/data/more_images.h"
#include "core/lab/problem.h"
#include "core/tasks/classification.h"
#include "core/tasks/tensors.h"

namespace tessera {

struct SequenceTask::Loaded {
  ImageData data;
  ClassSequence tasks;

  Loaded(const ClassificationParameters& parameters, const SequenceParameters& sequence)
      : data(load_training_images(parameters)) {
    const std::string where = "task.sequence.more_data";
    const auto sets = data_sets_in(sequence.more_data, where);
    if (!sets) throw InputError(sets.problems);
    for (std::size_t i = 0; i < sets.value->size(); ++i) {
      const std::string& set = (*sets.value)[i];
      ImageData more = load_named(set, where);
      if (parameters.train_samples > 0) more.train.keep_first(std::min(parameters.train_samples, more.train.samples()));
      const std::string name = (std::filesystem::path(set) / ".").parent_path().filename().string();
      append(data, std::move(more), i == 0 ? parameters.data_name : "", name, where);
    }
    std::vector<int> superclasses;
    if (!data.superclasses.empty()) {
      superclasses.assign(data.classes.size(), -1);
      for (std::size_t i = 0; i < data.train.labels.size(); ++i) {
        superclasses[data.train.labels[i]] = data.train.superclasses[i];
      }
    }
    auto divided = class_sequence(sequence.classes, static_cast<int>(data.classes.size()), superclasses);
    if (!divided) throw InputError(std::move(divided.problems));
    tasks = *std::move(divided.value);
  }

  TaskOutline outline() const {
    TaskOutline made;
    made.inputs = shape_of(data.train);
    made.outputs = static_cast<int>(data.classes.size());
    made.classes = data.classes;
    made.sequence = tasks;
    return made;
  }
};

SequenceTask::SequenceTask(const ClassificationParameters& data, const SequenceParameters& parameters,
                           std::int64_t batch_size, std::int64_t seed, at::Device device)
    : SequenceTask(Loaded(data, parameters), parameters, batch_size, seed, device) {}

SequenceTask::SequenceTask(Loaded loaded, const SequenceParameters& parameters, std::int64_t batch_size,
                           std::int64_t seed, at::Device device)
    : Task(loaded.outline(), loaded.data.train.labels, batch_size, seed),
      steps_(parameters.steps),
      joint_(parameters.joint),
      seed_(seed) {
  std::vector<ClassSequence::value_type> pools = loaded.tasks;
  if (parameters.joint) {
    pools.assign(1, {});
    for (const auto& task : loaded.tasks) pools[0].insert(pools[0].end(), task.begin(), task.end());
  }
  const auto& labels = loaded.data.train.labels;
  for (std::size_t t = 0; t < pools.size(); ++t) {
    std::vector<std::int64_t>& pool = pools_.emplace_back();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (std::find(pools[t].begin(), pools[t].end(), labels[i]) != pools[t].end()) {
        pool.push_back(static_cast<std::int64_t>(i));
      }
    }
    if (static_cast<std::int64_t>(pool.size()) < batch_size) {
      throw InputError({{"task.batch_size", std::to_string(batch_size),
                         "up to " + std::to_string(pool.size()) + ", the training samples of task " +
                             std::to_string(t) + " (" + group_name(pools[t], loaded.data.classes) + ")"}});
    }
  }
  LabelledImageData images = labelled_images(loaded.data, device);
  train_ = std::move(images.train);
  test_ = std::move(images.test);
  sampler = sampler_of(0);
}

const std::vector<std::int64_t>& SequenceTask::pool(std::int64_t stage) const {
  return pools_[joint_ ? 0 : static_cast<std::size_t>(stage)];
}

EpochSampler SequenceTask::sampler_of(std::int64_t stage) const {
  return {static_cast<std::int64_t>(pool(stage).size()), seed_ + 7919 * stage};
}

bool SequenceTask::advance_to(std::int64_t step) {
  steps_begun_ = step + 1;
  const std::int64_t last = static_cast<std::int64_t>(outline().sequence.size()) - 1;
  const std::int64_t stage = std::min(step / steps_, last);
  if (stage == stage_) return false;
  if (!joint_) sampler = sampler_of(stage);
  stage_ = stage;
  return true;
}

std::int64_t SequenceTask::begun() const {
  return joint_ ? static_cast<std::int64_t>(outline().sequence.size()) : stage_ + 1;
}

bool SequenceTask::stage_ends_after(std::int64_t step) const {
  const std::int64_t tasks = static_cast<std::int64_t>(outline().sequence.size());
  return (step + 1) % steps_ == 0 && (step + 1) / steps_ <= tasks;
}

void SequenceTask::restore(EpochSampler::State state, std::int64_t stage) {
  const std::int64_t tasks = static_cast<std::int64_t>(outline().sequence.size());
  if (stage < 0 || stage >= tasks) {
    throw InputError(
        {{"checkpoint: task of the sequence", std::to_string(stage), "0 to " + std::to_string(tasks - 1)}});
  }
  EpochSampler fresh = sampler_of(stage);
  fresh.restore(std::move(state));
  sampler = std::move(fresh);
  stage_ = stage;
}

void SequenceTask::use_features(const Encode& encode) {
  if (!encode) {
    train_features_ = test_features_ = {};
    return;
  }
  train_features_ = {encode(train_.pixels), train_.labels};
  test_features_ = {encode(test_.pixels), test_.labels};
}

Samples SequenceTask::pick_plain(const std::vector<std::int64_t>& indices) const {
  return picked(train_features_.pixels.defined() ? train_features_ : train_, indices);
}

Samples SequenceTask::test_plain(std::int64_t first, std::int64_t end) const {
  return slice_of(test_features_.pixels.defined() ? test_features_ : test_, first, end);
}

}  // namespace tessera
