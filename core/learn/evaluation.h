// How a model does on a task's test samples.
#pragma once

#include <functional>
#include <optional>

#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

struct Evaluation {
  double accuracy = 0;                // share of the tokens whose target has the largest logit
  double loss = 0;                    // mean cross entropy, nats, of tokens that have an answer; no auxiliary losses
  std::vector<double> task_accuracy;  // of several tasks: of each; NaN where none of its samples were tested
  std::optional<double> blind;        // of several tasks: accuracy while the model isn't told the task
  at::Tensor class_accuracy;          // of a mosaic: double [outputs] on the CPU; NaN: none of its samples
  std::vector<at::Tensor> loads;      // of each MoE layer: double [E] on the CPU, assignments
  std::vector<at::Tensor> choices;    // of each MoE layer: alpha of the probe tokens, [probes, E]
};

// Test tokens whose choices are followed over a run: every `stride`-th of the first `span`.
struct ProbeTokens {
  std::int64_t span = 0, stride = 1;
  std::int64_t count() const { return (span + stride - 1) / stride; }
};

// Test samples from `first` up to `end` in chunks, without gradients: see() gets samples, pass, and what the model
// makes of them.
using SeeChunk = std::function<void(const Samples&, const PassKind&, const ModelOutput&)>;
void for_each_chunk(const Model& model, const Task& task, std::int64_t first, std::int64_t end, const SeeChunk& see);

// Mean cross entropy of the task's test samples from `first` up to `end`, nats.
double test_loss(const Model& model, const Task& task, std::int64_t first, std::int64_t end);

// Of the tokens of the first so many test samples, on the CPU.
struct TokenLosses {
  at::Tensor losses;  // double [tokens]: cross entropy, nats
  at::Tensor tasks;   // int64 [tokens]; 0 where there is one
};
TokenLosses token_losses(const Model& model, const Task& task, std::int64_t samples);

class Evaluator {
 public:
  // samples: of the test samples, the first so many; 0, or more than there are: all. most_held_out: what evaluate() may
  // be told to leave out, fewer than there are.
  Evaluator(const Task& task, std::int64_t samples, std::int64_t most_held_out = 0);

  // Of those samples, or of all that the task has, but never of the last `held_out`; in chunks, without gradients.
  Evaluation evaluate(const Model& model, bool all, std::int64_t held_out = 0) const;
  // The same tokens each time: up to 256, spread over the first of the samples.
  const ProbeTokens& probes() const { return probes_; }

 private:
  const Task& task_;
  std::int64_t samples_;
  ProbeTokens probes_;
};

}  // namespace tessera
