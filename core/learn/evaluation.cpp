#include "core/learn/evaluation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace tessera {
namespace {

constexpr std::int64_t tokens_at_once = 1000, most_probes = 256;

std::int64_t samples_at_once(const Task& task) {
  return std::max<std::int64_t>(1, tokens_at_once / task.outline().inputs.tokens());
}

}  // namespace

void for_each_chunk(const Model& model, const Task& task, std::int64_t first, std::int64_t end, const SeeChunk& see) {
  const at::NoGradGuard no_grad;
  const std::int64_t chunk = samples_at_once(task);
  for (std::int64_t at = first; at < end; at += chunk) {
    const Samples samples = task.test(at, std::min(at + chunk, end));
    const PassKind pass{.tasks = task.tasks_of(samples)};
    see(samples, pass, model.forward(samples.inputs, {}, pass));
  }
}

double test_loss(const Model& model, const Task& task, std::int64_t first, std::int64_t end) {
  double sum = 0;
  std::int64_t tokens = 0;
  for_each_chunk(model, task, first, end, [&](const Samples& samples, const PassKind&, const ModelOutput& output) {
    const at::Tensor losses = at::cross_entropy_loss(output.logits, samples.targets, {}, at::Reduction::None);
    sum += losses.sum(at::kDouble).item<double>();
    tokens += samples.targets.size(0);
  });
  return sum / static_cast<double>(tokens);
}

TokenLosses token_losses(const Model& model, const Task& task, std::int64_t samples) {
  std::vector<at::Tensor> losses, tasks;
  const std::int64_t end = std::min(samples, task.test_samples());
  for_each_chunk(model, task, 0, end, [&](const Samples& some, const PassKind& pass, const ModelOutput& output) {
    const at::Tensor of_tokens = at::cross_entropy_loss(output.logits, some.targets, {}, at::Reduction::None);
    losses.push_back(of_tokens.to(at::kCPU, at::kDouble));
    tasks.push_back(pass.tasks.defined() ? pass.tasks.to(at::kCPU) : at::zeros({of_tokens.size(0)}, at::kLong));
  });
  return {at::cat(losses), at::cat(tasks)};
}

Evaluator::Evaluator(const Task& task, std::int64_t samples, std::int64_t most_held_out)
    : task_(task), samples_(samples == 0 ? task.test_samples() : std::min(samples, task.test_samples())) {
  const std::int64_t tokens = task.outline().inputs.tokens();
  probes_.span = std::min({samples_at_once(task), samples_, task.test_samples() - most_held_out}) * tokens;
  probes_.stride = (probes_.span + most_probes - 1) / most_probes;
}

Evaluation Evaluator::evaluate(const Model& model, bool all, std::int64_t held_out) const {
  const std::int64_t count = std::min(all ? task_.test_samples() : samples_, task_.test_samples() - held_out);
  Evaluation made;
  std::int64_t tokens = 0, answered = 0, hits = 0, blind_hits = 0;
  const std::int64_t tasks = task_.outline().tasks;
  at::Tensor task_hits = at::zeros({tasks}, at::kLong), task_tokens = at::zeros({tasks}, at::kLong);
  const std::int64_t outputs = task_.outline().outputs;
  at::Tensor class_hits = at::zeros({outputs}, at::kLong), class_tests = class_hits.clone();
  std::vector<at::Tensor> loads;
  for_each_chunk(model, task_, 0, count, [&](const Samples& samples, PassKind pass, const ModelOutput& output) {
    const at::Tensor right = output.logits.argmax(1) == samples.targets;
    if (!model.tiles().empty()) {
      class_hits += at::bincount(samples.targets.masked_select(right), {}, outputs).to(at::kCPU);
      class_tests += at::bincount(samples.targets, {}, outputs).to(at::kCPU);
    }
    hits += right.sum().item<std::int64_t>();
    if (pass.tasks.defined()) {
      task_hits += at::bincount(pass.tasks.masked_select(right), {}, tasks).to(at::kCPU);
      task_tokens += at::bincount(pass.tasks, {}, tasks).to(at::kCPU);
      pass.blind = true;
      const at::Tensor logits = model.forward(samples.inputs, {}, pass).logits;
      blind_hits += (logits.argmax(1) == samples.targets).sum().item<std::int64_t>();
    }
    const at::Tensor losses = at::cross_entropy_loss(output.logits, samples.targets, {}, at::Reduction::None);
    const at::Tensor wanted = output.logits.gather(1, samples.targets.unsqueeze(1)).squeeze(1);
    const at::Tensor answerable = at::isneginf(wanted).logical_not();  // a mosaic may have no tile for a class
    made.loss += at::where(answerable, losses, 0.).sum(at::kDouble).item<double>();
    answered += answerable.sum().item<std::int64_t>();
    tokens += samples.targets.size(0);
    const bool first = loads.empty();
    for (std::size_t i = 0; i < static_cast<std::size_t>(model.moe_layers()); ++i) {
      const at::Tensor& alpha = output.routings[i].alpha;
      const at::Tensor load = (alpha != 0).sum(0);
      if (first) {
        loads.push_back(load);
        made.choices.push_back(alpha.slice(0, 0, probes_.span, probes_.stride));
      } else {
        loads[i] += load;
      }
    }
  });
  for (const at::Tensor& load : loads) made.loads.push_back(load.to(at::kCPU, at::kDouble));
  made.accuracy = static_cast<double>(hits) / static_cast<double>(tokens);
  made.loss /= static_cast<double>(answered);
  made.class_accuracy = class_hits.to(at::kDouble) / class_tests;
  if (tasks == 1) return made;
  made.blind = static_cast<double>(blind_hits) / static_cast<double>(tokens);
  const at::Tensor shares = task_hits.to(at::kDouble) / task_tokens;
  for (std::int64_t t = 0; t < tasks; ++t) made.task_accuracy.push_back(shares[t].item<double>());
  return made;
}

}  // namespace tessera
