#include "core/learn/learner.h"

#include <torch/torch.h>

namespace tessera {
namespace {

std::vector<at::Tensor> tensors(const Model& model) {
  std::vector<at::Tensor> all;
  for (const Weight& weight : model.weights()) all.push_back(weight.value);
  return all;
}

}  // namespace

Learner::Learner(Model& model, Task& task, const LearnParameters& parameters)
    : live(parameters), optimiser(tensors(model)), model_(model), task_(task), weights_(tensors(model)) {}

StepResult Learner::step() {
  StepResult result;
  result.batch = task_.next_batch();
  constexpr bool training = true;
  result.output = model_.forward(result.batch.inputs, result.batch.targets, training);

  at::Tensor total = result.output.task_loss;
  if (result.output.router_losses.defined()) total = total + result.output.router_losses.sum();
  // Straight to the gradients: nothing is accumulated, nothing has to be zeroed.
  std::vector<at::Tensor> gradients = torch::autograd::grad({total}, weights_);
  optimiser.step(gradients, live);

  result.total = total.detach();
  for (at::Tensor* tensor : {&result.output.logits, &result.output.task_loss, &result.output.router_losses}) {
    if (tensor->defined()) *tensor = tensor->detach();
  }
  return result;
}

}  // namespace tessera
