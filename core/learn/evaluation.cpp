#include "core/learn/evaluation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace tessera {
namespace {

constexpr std::int64_t tokens_at_once = 1000, most_probes = 256;

}  // namespace

double test_loss(const Model& model, const Task& task, std::int64_t first, std::int64_t end) {
  const at::NoGradGuard no_grad;
  const std::int64_t chunk = std::max<std::int64_t>(1, tokens_at_once / task.outline().inputs.tokens());
  double sum = 0;
  std::int64_t tokens = 0;
  for (std::int64_t at = first; at < end; at += chunk) {
    const Samples samples = task.test(at, std::min(at + chunk, end));
    const ModelOutput output = model.forward(samples.inputs, {}, {.tasks = task.tasks_of(samples)});
    sum += at::cross_entropy_loss(output.logits, samples.targets, {}, at::Reduction::Sum).item<double>();
    tokens += samples.targets.size(0);
  }
  return sum / static_cast<double>(tokens);
}

std::vector<double> task_losses(const Model& model, const Task& task, std::int64_t samples) {
  const at::NoGradGuard no_grad;
  const std::int64_t tasks = task.outline().tasks, end = std::min(samples, task.test_samples());
  const std::int64_t chunk = std::max<std::int64_t>(1, tokens_at_once / task.outline().inputs.tokens());
  at::Tensor sums = at::zeros({tasks}, at::kDouble), counts = at::zeros({tasks}, at::kDouble);
  for (std::int64_t at = 0; at < end; at += chunk) {
    const Samples some = task.test(at, std::min(at + chunk, end));
    const at::Tensor of = task.tasks_of(some);
    const ModelOutput output = model.forward(some.inputs, {}, {.tasks = of});
    const at::Tensor losses = at::cross_entropy_loss(output.logits, some.targets, {}, at::Reduction::None);
    const at::Tensor index = of.defined() ? of.to(at::kCPU) : at::zeros({losses.size(0)}, at::kLong);
    sums.index_add_(0, index, losses.to(at::kCPU, at::kDouble));
    counts.index_add_(0, index, at::ones({losses.size(0)}, at::kDouble));
  }
  const at::Tensor means = sums / counts;
  return {means.const_data_ptr<double>(), means.const_data_ptr<double>() + tasks};
}

Evaluator::Evaluator(const Task& task, std::int64_t samples)
    : task_(task), samples_(samples == 0 ? task.test_samples() : std::min(samples, task.test_samples())) {
  const std::int64_t tokens = task.outline().inputs.tokens();
  chunk_ = std::max<std::int64_t>(1, tokens_at_once / tokens);
  probes_.span = std::min(chunk_, samples_) * tokens;
  probes_.stride = (probes_.span + most_probes - 1) / most_probes;
}

Evaluation Evaluator::evaluate(const Model& model, bool all) const {
  const at::NoGradGuard no_grad;
  const std::int64_t count = all ? task_.test_samples() : samples_;
  Evaluation made;
  std::int64_t tokens = 0, hits = 0, blind_hits = 0;
  const std::int64_t tasks = task_.outline().tasks;
  at::Tensor task_hits = at::zeros({tasks}, at::kLong), task_tokens = at::zeros({tasks}, at::kLong);
  std::vector<at::Tensor> loads;
  for (std::int64_t first = 0; first < count; first += chunk_) {
    const Samples samples = task_.test(first, std::min(first + chunk_, count));
    PassKind pass{.tasks = task_.tasks_of(samples)};
    const ModelOutput output = model.forward(samples.inputs, {}, pass);
    const at::Tensor right = output.logits.argmax(1) == samples.targets;
    hits += right.sum().item<std::int64_t>();
    if (pass.tasks.defined()) {
      task_hits += at::bincount(pass.tasks.masked_select(right), {}, tasks).to(at::kCPU);
      task_tokens += at::bincount(pass.tasks, {}, tasks).to(at::kCPU);
      pass.blind = true;
      const at::Tensor logits = model.forward(samples.inputs, {}, pass).logits;
      blind_hits += (logits.argmax(1) == samples.targets).sum().item<std::int64_t>();
    }
    made.loss += at::cross_entropy_loss(output.logits, samples.targets, {}, at::Reduction::Sum).item<double>();
    tokens += samples.targets.size(0);
    for (std::size_t i = 0; i < static_cast<std::size_t>(model.moe_layers()); ++i) {
      const at::Tensor& alpha = output.routings[i].alpha;
      const at::Tensor load = (alpha != 0).sum(0);
      if (first == 0) {
        loads.push_back(load);
        made.choices.push_back(alpha.slice(0, 0, probes_.span, probes_.stride));
      } else {
        loads[i] += load;
      }
    }
  }
  for (const at::Tensor& load : loads) made.loads.push_back(load.to(at::kCPU, at::kDouble));
  made.accuracy = static_cast<double>(hits) / static_cast<double>(tokens);
  made.loss /= static_cast<double>(tokens);
  if (tasks == 1) return made;
  made.blind = static_cast<double>(blind_hits) / static_cast<double>(tokens);
  const at::Tensor shares = task_hits.to(at::kDouble) / task_tokens;
  for (std::int64_t t = 0; t < tasks; ++t) made.task_accuracy.push_back(shares[t].item<double>());
  return made;
}

}  // namespace tessera
