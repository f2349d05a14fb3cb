#include "core/learn/learner.h"

#include <torch/torch.h>

#include "core/data/random.h"
#include "core/learn/gradients.h"

namespace tessera {
namespace {

std::vector<at::Tensor> tensors(const Model& model) {
  std::vector<at::Tensor> all;
  for (const Weight& weight : model.weights()) all.push_back(weight.value);
  return all;
}

}  // namespace

Learner::Learner(Model& model, Task& task, const LearnParameters& parameters, std::int64_t seed)
    : live(parameters), optimiser(tensors(model)), model_(model), task_(task), weights_(tensors(model)), seed_(seed) {}

// Its noise follows from the seed and the number of steps done, so that a run that is gone on with draws the same.
PassKind Learner::training_pass() const {
  return {true, Random(seed_, "noise " + std::to_string(optimiser.steps.item<std::int64_t>())).bits()};
}

StepResult Learner::step() {
  StepResult result;
  result.batch = task_.next_batch();
  result.output = model_.forward(result.batch.inputs, result.batch.targets, training_pass());

  at::Tensor total = result.output.task_loss;
  if (result.output.router_losses.defined()) total = total + result.output.router_losses.sum();
  // Straight to the gradients: nothing is accumulated, nothing has to be zeroed.
  std::vector<at::Tensor> gradients = gradients_of(total, weights_);
  optimiser.step(gradients, live);
  model_.update_routers(result.output.routings);

  result.total = total.detach();
  for (at::Tensor* tensor : {&result.output.logits, &result.output.task_loss, &result.output.router_losses}) {
    if (tensor->defined()) *tensor = tensor->detach();
  }
  return result;
}

}  // namespace tessera
