#include "core/learn/sequence_accuracy.h"

#include <ATen/ATen.h>

#include <limits>

#include "core/learn/evaluation.h"

namespace tessera {
namespace {

constexpr double closed = -std::numeric_limits<double>::infinity();

// [outputs]: 0 for the classes of these tasks, -inf for the others.
at::Tensor mask_of(const TaskOutline& outline, std::size_t first, std::size_t end, const at::TensorOptions& options) {
  std::vector<double> mask(static_cast<std::size_t>(outline.outputs), closed);
  for (std::size_t t = first; t < end; ++t) {
    for (const int c : outline.sequence[t]) mask[static_cast<std::size_t>(c)] = 0;
  }
  return at::tensor(at::ArrayRef<double>(mask), at::kDouble).to(options);
}

}  // namespace

SequenceAccuracy sequence_accuracy(const Model& model, const Task& task, std::int64_t begun, std::int64_t samples) {
  const TaskOutline& outline = task.outline();
  const std::size_t tasks = outline.sequence.size(), seen = static_cast<std::size_t>(begun);
  const auto count = static_cast<std::int64_t>(tasks);
  at::Tensor tests = at::zeros({count}, at::kLong), task_hits = tests.clone(), class_hits = tests.clone();
  std::vector<at::Tensor> masks;  // of each task, [outputs]
  at::Tensor of_seen;
  for_each_chunk(model, task, 0, samples, [&](const Samples& some, const PassKind&, const ModelOutput& output) {
    if (masks.empty()) {
      const auto options = output.logits.options();
      for (std::size_t t = 0; t < tasks; ++t) masks.push_back(mask_of(outline, t, t + 1, options));
      of_seen = mask_of(outline, 0, seen, options);
    }
    const at::Tensor by_class = (output.logits + of_seen).argmax(1) == some.targets;
    for (std::int64_t t = 0; t < count; ++t) {
      const at::Tensor& mask = masks[static_cast<std::size_t>(t)];
      const at::Tensor own = mask.index_select(0, some.targets) == 0;  // samples of the task
      tests[t] += own.sum().to(at::kCPU);
      task_hits[t] += (own & ((output.logits + mask).argmax(1) == some.targets)).sum().to(at::kCPU);
      class_hits[t] += (own & by_class).sum().to(at::kCPU);
    }
  });
  SequenceAccuracy made{task_hits.to(at::kDouble) / tests, class_hits.to(at::kDouble) / tests};
  made.class_il.slice(0, begun).fill_(std::numeric_limits<double>::quiet_NaN());
  return made;
}

at::Tensor outputs_in_force(const Task& task, const std::string& over, const at::TensorOptions& options) {
  const TaskOutline& outline = task.outline();
  if (outline.sequence.empty() || over == "all") return {};
  const auto begun = static_cast<std::size_t>(task.begun()), now = static_cast<std::size_t>(task.stage());
  const bool one = over == "task" && !task.joint();
  return mask_of(outline, one ? now : 0, begun, options).unsqueeze(0);
}

}  // namespace tessera
