#include "core/learn/probes.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/lab/problem.h"
#include "core/learn/gradients.h"
#include "kernels/gram/op.h"

namespace tessera {

namespace {

bool in_no_gram(Scope scope) { return scope == Scope::head || scope == Scope::attention || scope == Scope::alpha; }

}  // namespace

Probes::Probes(const Task& task, const Groups& groups, std::int64_t samples, std::int64_t seed) : task_(&task) {
  const auto& labels = task.train_labels();
  std::vector<std::int32_t> order(labels.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  Random(seed, "conflict probes").shuffle(order);
  for (const auto& group : groups) {
    std::vector<std::int64_t> picked;
    for (const std::int32_t i : order) {
      if (static_cast<std::int64_t>(picked.size()) == samples) break;
      const int label = labels[static_cast<std::size_t>(i)];
      if (std::find(group.begin(), group.end(), label) != group.end()) picked.push_back(i);
    }
    if (picked.empty()) {
      throw InputError({{"measure.groups", "no training sample of group " + group_name(group, task.outline().classes),
                         "groups of which the training set has samples, or a larger task.train_samples"}});
    }
    groups_.push_back(std::move(picked));
  }
}

ConflictGrams Probes::measure(const Model& model) const {
  const auto& weights = model.weights();
  const std::vector<at::Tensor> values = values_of(weights);
  std::vector<std::vector<at::Tensor>> rows(weights.size());  // of each weight, one gradient a group
  for (const auto& indices : groups_) {
    const Samples samples = task_->pick(indices);
    const ModelOutput output = model.forward(samples.inputs, samples.targets, {.tasks = task_->tasks_of(samples)});
    const auto gradients = gradients_of(output.task_loss, values);
    for (std::size_t w = 0; w < gradients.size(); ++w) rows[w].push_back(gradients[w]);
  }

  ConflictGrams grams;
  grams.routers.resize(model.experts().size());
  grams.experts.resize(model.experts().size());
  for (std::size_t w = 0; w < weights.size(); ++w) {
    const auto layer = static_cast<std::size_t>(weights[w].layer);
    if (in_no_gram(weights[w].scope)) continue;
    at::Tensor& gram = weights[w].scope == Scope::encoder  ? grams.encoder
                       : weights[w].scope == Scope::router ? grams.routers[layer]
                                                           : grams.experts[layer];
    const at::Tensor of_weight = kernels::gram(rows[w]);
    gram = gram.defined() ? gram + of_weight : of_weight;
  }
  for (int layer = 0; layer < model.moe_layers(); ++layer) {
    at::Tensor& gram = grams.routers[static_cast<std::size_t>(layer)];
    const auto groups = static_cast<std::int64_t>(groups_.size());
    if (!gram.defined()) gram = at::zeros({groups, groups}, at::kDouble);  // a hash has no weights
  }
  return grams;
}

}  // namespace tessera
