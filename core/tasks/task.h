// What is learned: samples in batches, on the device that trains, and what their classes are called.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/data/sampler.h"
#include "core/lab/parameter.h"
#include "core/moe/input_shape.h"

namespace tessera {

// A token is what routers route: an image, or a byte of a sequence of text. Tokens come sample by sample.
struct Samples {
  at::Tensor inputs;   // float32 [samples, pixels], channel by channel, or int64 [samples, sequence length]: token ids
  at::Tensor targets;  // int64 [tokens]: what the model is to say of each
  at::Tensor labels;   // int64 [tokens]: class of the sample; routing is shown against it. With several tasks, its task
  at::Tensor token_labels;  // int64 [tokens]: class of the token itself; undefined where the task has none
  at::Tensor ids;           // int64 [tokens]; undefined for images
};

// What a task is, for the model and for whoever shows it.
struct TaskOutline {
  InputShape inputs;
  int outputs = 0;                                // that targets tell apart
  std::vector<std::pair<int, int>> task_outputs;  // of each task, those from first to below second; empty: all of all
  std::int64_t tasks = 1;                         // learned at once; with more than one, classes are tasks
  std::string class_noun = "class";               // what the classes are: "class", "language"
  std::vector<std::string> classes;               // names
  std::string token_class_noun;                   // "character class"
  std::vector<std::string> token_classes;         // names; empty: none
  std::vector<std::string> vocabulary;            // names of the token ids; empty: none
  std::vector<std::vector<int>> sequence;  // of tasks one after another, the classes of each; empty: there is one
};

class Task {
 public:
  virtual ~Task() = default;

  Samples next_batch();
  // Of tasks one after another: to be called before step number `step` draws its batch. Whether another task begins.
  virtual bool advance_to(std::int64_t /*step*/) { return false; }
  virtual std::int64_t steps_begun() const { return 0; }  // up to the step that was advanced to, and with it
  virtual std::vector<std::int64_t> stage_samples() const { return {}; }  // training samples of the task, by index
  virtual std::int64_t stage() const { return 0; }                        // the task that is learned now
  virtual std::int64_t stage_began() const { return 0; }                  // the step that it began with
  virtual bool joint() const { return false; }                            // all of them are learned at once
  virtual std::int64_t begun() const { return stage() + 1; }  // tasks that have begun; joint ones all at once
  virtual bool stage_ends_after(std::int64_t /*step*/) const { return false; }
  // What next_batch() depends on. Throws InputError, and changes nothing, unless it is of a task like this one.
  virtual void restore(EpochSampler::State state, std::int64_t /*stage*/) { sampler.restore(std::move(state)); }

  // Of a sequence: what encode() makes of all inputs is handed out in their place from now on; without one, inputs are.
  using Encode = std::function<at::Tensor(const at::Tensor&)>;
  virtual void use_features(const Encode& /*encode*/) {}

  // Training samples by index.
  Samples pick(const std::vector<std::int64_t>& indices) const { return drifted(pick_plain(indices)); }
  // Test (of text: validation) samples from `first` up to `end`.
  Samples test(std::int64_t first, std::int64_t end) const { return drifted(test_plain(first, end)); }
  virtual std::int64_t test_samples() const = 0;

  const std::vector<std::uint8_t>& train_labels() const { return train_labels_; }  // by sample, on the CPU
  const TaskOutline& outline() const { return outline_; }
  std::int64_t batch_size() const { return batch_size_; }

  // int64 [tokens], which of several tasks a token is of; undefined where there is one.
  at::Tensor tasks_of(const Samples& samples) const { return outline_.tasks > 1 ? samples.labels : at::Tensor(); }

  EpochSampler sampler;
  std::int64_t drift = 0;  // how far answers have moved on, see task.drift; not of text and sequences

 protected:
  // The training sample at that place of the sampler's.
  virtual std::int64_t drawn(std::int64_t place) const { return place; }
  // pick() and test(), without drift.
  virtual Samples pick_plain(const std::vector<std::int64_t>& indices) const = 0;
  virtual Samples test_plain(std::int64_t first, std::int64_t end) const = 0;

  // train_labels: one a training sample. Throws InputError unless there are as many samples as a batch has.
  Task(TaskOutline outline, std::vector<std::uint8_t> train_labels, std::int64_t batch_size, std::int64_t seed);

 private:
  Samples drifted(Samples samples) const;

  TaskOutline outline_;
  std::vector<std::uint8_t> train_labels_;
  std::int64_t batch_size_;
};

// Reads the data of the task that the parameters name. Throws InputError when it is missing or damaged, or there is
// less of it than asked for.
std::unique_ptr<Task> make_task(const Parameters& parameters, at::Device device);

}  // namespace tessera
