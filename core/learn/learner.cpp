#include "core/learn/learner.h"

#include <torch/torch.h>

namespace tessera {
namespace {

std::vector<at::Tensor> tensors(const Model& model) {
  std::vector<at::Tensor> all;
  for (const Weight& weight : model.weights()) all.push_back(weight.value);
  return all;
}

void detach(Routing& routing) {
  for (at::Tensor* tensor : {&routing.logits, &routing.scores, &routing.alpha, &routing.assignments.weights}) {
    if (tensor->defined()) *tensor = tensor->detach();
  }
}

}  // namespace

Learner::Learner(Model& model, ClassificationTask& task, const LearnParameters& parameters)
    : live(parameters), optimiser(tensors(model)), model_(model), task_(task), weights_(tensors(model)) {}

StepResult Learner::step() {
  Samples batch = task_.next_batch();
  StepResult result;
  result.output = model_.forward(batch.pixels, batch.labels);
  result.labels = std::move(batch.labels);

  const auto moe_layers = static_cast<std::size_t>(model_.moe_layers());
  RouterLosses losses = router_losses(std::span(result.output.routings).first(moe_layers), model_.live.losses);
  const at::Tensor total = losses.total.defined() ? result.output.task_loss + losses.total : result.output.task_loss;
  // Straight to the gradients: nothing is accumulated, nothing has to be zeroed.
  std::vector<at::Tensor> gradients = torch::autograd::grad({total}, weights_);
  optimiser.step(gradients, live);

  result.total = total.detach();
  result.parts = std::move(losses.parts);
  result.output.task_loss = result.output.task_loss.detach();
  result.output.logits = result.output.logits.detach();
  for (Routing& routing : result.output.routings) detach(routing);
  return result;
}

}  // namespace tessera
