#include "core/learn/learner.h"

#include <ATen/ATen.h>

#include "core/data/random.h"
#include "core/learn/combine_gradients.h"
#include "core/learn/gradients.h"
#include "core/learn/sequence_accuracy.h"
#include "kernels/gram/op.h"

namespace tessera {
namespace {

std::vector<Weight> weights_of(const Model& model, bool alphas) {
  std::vector<Weight> some;
  for (const Weight& weight : model.weights()) {
    if ((weight.scope == Scope::alpha) == alphas) some.push_back(weight);
  }
  return some;
}

}  // namespace

Learner::Learner(Model& model, Task& task, const LearnParameters& parameters, const ContinualParameters& of_sequences,
                 std::int64_t seed, const std::function<std::unique_ptr<Model>()>& make_model)
    : live(parameters),
      continual(model, task, weights_of(model, false), of_sequences, seed, make_model),
      optimiser(values_of(weights_of(model, false))),
      model_(model),
      task_(task),
      weights_(values_of(weights_of(model, false))),
      alphas_(values_of(weights_of(model, true))),
      seed_(seed) {
  for (const at::Tensor& alpha : alphas_) alpha_optimisers.emplace_back(std::vector{alpha});
}

// Its noise follows from the seed and the number of steps done, so that a run that is gone on with draws the same.
PassKind Learner::training_pass() const {
  return {true, Random(seed_, "noise " + std::to_string(optimiser.steps.item<std::int64_t>())).bits(), {}, {}};
}

StepResult Learner::step() {
  StepResult result;
  result.batch = continual.with_memory(task_.next_batch(), optimiser.steps.item<std::int64_t>());
  PassKind pass = training_pass();
  pass.tasks = task_.tasks_of(result.batch);
  pass.outputs = outputs_in_force(task_, continual.live.loss_over, model_.options());
  result.output = model_.forward(result.batch.inputs, result.batch.targets, pass);

  at::Tensor total = result.output.task_loss;
  if (result.output.router_losses.defined()) total = total + result.output.router_losses.sum();
  if (result.output.redundancy.defined()) total = total + result.output.redundancy;
  result.imitation = continual.imitation(result.batch, result.output);
  if (result.imitation.defined()) total = total + result.imitation;
  std::vector<at::Tensor> wanted = weights_;
  wanted.insert(wanted.end(), alphas_.begin(), alphas_.end());
  for (const SubspaceTaps& taps : result.output.taps) wanted.insert(wanted.end(), {taps.down, taps.up});
  // Straight to the gradients: nothing is accumulated, nothing has to be zeroed.
  const bool at_once = live.combine == "loss" || !pass.tasks.defined();
  std::vector<at::Tensor> gradients = at_once ? gradients_of(total, wanted) : combined_gradients(result, pass, wanted);
  if (!alphas_.empty()) step_alphas(gradients, result);
  gradients.resize(weights_.size());
  result.holding = continual.hold(gradients);
  optimiser.step(gradients, live, continual.rates());
  model_.update_routers(result.output.routings);

  result.total = total.detach();
  if (result.holding.defined()) result.total = result.total + result.holding;
  result.output.taps.clear();
  for (at::Tensor* tensor :
       {&result.output.features, &result.output.logits, &result.output.all_logits, &result.output.task_loss,
        &result.output.router_losses, &result.output.redundancy, &result.imitation}) {
    if (tensor->defined()) *tensor = tensor->detach();
  }
  return result;
}

void Learner::lay_tiles(const TileLayout& tiles) {
  const TileMove move = model_.lay_tiles(tiles);
  for (const auto* beside : {&optimiser.mean, &optimiser.square}) move.move_beside(weights_of(model_, false), *beside);
  continual.lay_tiles(tiles, move);
}

void Learner::begin_task() {
  for (const std::size_t weight : continual.begin_task()) optimiser.forget(weight);
}

void Learner::end_task(const StepResult& of_last) { continual.end_task(of_last.output.routings); }

// Of each task's mean loss a gradient; combined for the weights, the mean for the alphas and the taps. Router losses
// are of no task: their gradient is added.
std::vector<at::Tensor> Learner::combined_gradients(const StepResult& result, const PassKind& pass,
                                                    const std::vector<at::Tensor>& wanted) const {
  const ModelOutput& output = result.output;
  std::vector<std::vector<at::Tensor>> rows;  // of each task in the batch
  for (std::int64_t task = 0; task < task_.outline().tasks; ++task) {
    const at::Tensor own = (pass.tasks == task).nonzero().flatten();
    if (own.size(0) == 0) continue;
    const at::Tensor loss =
        at::cross_entropy_loss(output.logits.index_select(0, own), result.batch.targets.index_select(0, own));
    rows.push_back(gradients_of(loss, wanted, /*keep=*/true));
  }
  const auto tasks = static_cast<std::int64_t>(rows.size());
  at::Tensor gram = at::zeros({tasks, tasks}, at::kDouble);
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    std::vector<at::Tensor> of_weight;
    for (const auto& row : rows) {  // on a GPU products have the rows' precision, and ranks need more than float32
      of_weight.push_back(row[w].is_cpu() ? row[w] : row[w].to(at::kDouble));
    }
    gram += kernels::gram(of_weight);
  }
  const at::Tensor weights = combination_weights(live.combine, gram, pass.noise);
  std::vector<at::Tensor> made;
  // Of no task: losses of routers (a hash's have no gradient) and of a head's experts.
  at::Tensor others = output.redundancy;
  if (output.router_losses.defined() && output.router_losses.requires_grad()) {
    others = others.defined() ? others + output.router_losses.sum() : output.router_losses.sum();
  }
  if (others.defined()) made = gradients_of(others, wanted);
  const double equal = 1. / static_cast<double>(tasks), *const of_task = weights.const_data_ptr<double>();
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    if (w == made.size()) made.push_back(at::zeros_like(wanted[w]));
    for (std::size_t t = 0; t < rows.size(); ++t) {
      made[w] = made[w] + rows[t][w] * (w < weights_.size() ? of_task[t] : equal);
    }
  }
  return made;
}

// gradients: of the weights, the alphas and the taps.
void Learner::step_alphas(const std::vector<at::Tensor>& gradients, StepResult& result) {
  std::size_t layer = 0;
  for (std::size_t i = 0; i < alphas_.size(); ++i, ++layer) {
    while (model_.subspaces(layer) == nullptr) ++layer;  // experts of another kind
    const SubspaceParameters& parameters = model_.live.subspaces[layer];
    std::vector<at::Tensor> d_alpha = {gradients[weights_.size() + i]};
    const std::size_t taps = weights_.size() + alphas_.size() + 2 * i;
    result.subspaces.push_back(add_dynamics(*model_.subspaces(layer), result.output.taps[i], gradients[taps],
                                            gradients[taps + 1], parameters, d_alpha[0]));
    if (parameters.alpha.frozen) continue;
    LearnParameters of_alpha = live;
    of_alpha.rate = parameters.alpha.rate;
    of_alpha.weight_decay = 0;
    alpha_optimisers[i].step(d_alpha, of_alpha);
  }
}

}  // namespace tessera
