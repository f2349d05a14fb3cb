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

SequenceAccuracy sequence_accuracy(const Model& model, const Task& task, std::int64_t begun, std::int64_t samples,
                                   const TileInference* inference) {
  const TaskOutline& outline = task.outline();
  const auto tasks = static_cast<std::int64_t>(outline.sequence.size());
  const at::Tensor none = at::zeros({tasks}, at::kDouble);
  at::Tensor tests = none.clone(), class_tests = at::zeros({outline.outputs}, at::kDouble);
  SequenceAccuracy made;
  made.classes = class_tests.clone();
  ScenarioAccuracies& hits = made.tasks;
  hits.task_il = none.clone();
  hits.class_il = none.clone();
  if (inference) hits.class_mean = none.clone(), hits.entropy = none.clone(), hits.classifier = none.clone();
  const auto mask = [&](std::int64_t first, std::int64_t end, const at::Tensor& like) {
    return mask_of(outline, static_cast<std::size_t>(first), static_cast<std::size_t>(end), like.options());
  };
  for_each_chunk(model, task, 0, samples, [&](const Samples& some, const PassKind&, const ModelOutput& output) {
    std::vector<at::Tensor> rows;  // bool [samples] of each task: its own
    for (std::int64_t t = 0; t < tasks; ++t) {
      const at::Tensor of_task = mask(t, t + 1, output.logits);
      rows.push_back(of_task.index_select(0, some.targets) == 0);
      const at::Tensor right = rows.back() & ((output.logits + of_task).argmax(1) == some.targets);
      const auto count = [&](at::Tensor& of_classes, const at::Tensor& which) {
        of_classes += at::bincount(some.targets.masked_select(which), {}, outline.outputs).to(at::kCPU, at::kDouble);
      };
      count(class_tests, rows.back());
      count(made.classes, right);
      hits.task_il[t] += right.sum().to(at::kCPU, at::kDouble);
    }
    const at::Tensor own = at::stack(rows).to(at::kDouble);  // [tasks, samples]
    tests += own.sum(1).to(at::kCPU);
    const auto count = [&](at::Tensor& of_tasks, const at::Tensor& answers) {
      of_tasks += at::mv(own, (answers == some.targets).to(at::kDouble)).to(at::kCPU);
    };
    count(hits.class_il, (output.logits + mask(0, begun, output.logits)).argmax(1));
    if (inference) {
      const TileInference::Answers answers = inference->answer(output.features, output.logits);
      count(hits.class_mean, answers.class_mean);
      count(hits.entropy, answers.entropy);
      count(hits.classifier, answers.classifier);
    }
    made.routing.resize(output.routings.size());
    for (std::size_t i = 0; i < output.routings.size(); ++i) {
      const at::Tensor weight = at::mm(output.routings[i].alpha.to(at::kDouble).t(), own.t()).to(at::kCPU);
      made.routing[i] = made.routing[i].defined() ? made.routing[i] + weight : weight;
    }
  });
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  for (at::Tensor* of_tasks : {&hits.task_il, &hits.class_il, &hits.class_mean, &hits.entropy, &hits.classifier}) {
    if (!of_tasks->defined()) continue;
    *of_tasks = *of_tasks / tests;
    if (of_tasks != &hits.task_il) of_tasks->slice(0, begun).fill_(nothing);
  }
  made.classes = made.classes / class_tests;
  for (at::Tensor& weight : made.routing) weight = weight / tests;
  return made;
}

at::Tensor classes_begun(const Task& task) {
  const at::Tensor mask = mask_of(task.outline(), 0, static_cast<std::size_t>(task.begun()), at::kDouble);
  return mask == 0;
}

at::Tensor outputs_in_force(const Task& task, const std::string& over, const at::TensorOptions& options) {
  const TaskOutline& outline = task.outline();
  if (outline.sequence.empty() || over == "all") return {};
  const auto begun = static_cast<std::size_t>(task.begun()), now = static_cast<std::size_t>(task.stage());
  const bool one = over == "task" && !task.joint();
  return mask_of(outline, one ? now : 0, begun, options).unsqueeze(0);
}

}  // namespace tessera
