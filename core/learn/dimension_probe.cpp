#include "core/learn/dimension_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "core/data/random.h"
#include "core/learn/evaluation.h"
#include "core/learn/gradients.h"

namespace tessera {
namespace {

constexpr std::int64_t share_of_backbone = 8;
constexpr int power_steps = 30;

std::vector<const SubspaceBank*> banks_of(const Model& model) {
  std::vector<const SubspaceBank*> banks;
  for (int layer = 0; layer < model.moe_layers(); ++layer) {
    const SubspaceBank* const bank = model.subspaces(static_cast<std::size_t>(layer));
    if (bank != nullptr) banks.push_back(bank);
  }
  return banks;
}

using Directions = std::vector<at::Tensor>;  // of each bank: columns of down, then rows of up

Directions parts_of(const Model& model, const Directions& like_weights, const DimensionSets& dimensions) {
  Directions parts;
  const std::size_t banks = banks_of(model).size();
  for (std::size_t i = 0; i < banks; ++i) {
    parts.push_back(like_weights[2 * i].index_select(1, dimensions[i]));
    parts.push_back(like_weights[2 * i + 1].index_select(0, dimensions[i]));
  }
  return parts;
}

void move(const Model& model, const DimensionSets& dimensions, const Directions& direction, double by) {
  const at::NoGradGuard no_grad;
  const auto banks = banks_of(model);
  for (std::size_t i = 0; i < banks.size(); ++i) {
    at::Tensor down = banks[i]->down, up = banks[i]->up;
    down.index_add_(1, dimensions[i], direction[2 * i], by);
    up.index_add_(0, dimensions[i], direction[2 * i + 1], by);
  }
}

double product(const Directions& a, const Directions& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i].to(at::kDouble) * b[i].to(at::kDouble)).sum().item<double>();
  return sum;
}

}  // namespace

DimensionSets dimension_set(const Model& model, bool shared) {
  const at::NoGradGuard no_grad;
  DimensionSets sets;
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(model.moe_layers()); ++layer) {
    const SubspaceBank* const bank = model.subspaces(layer);
    if (bank == nullptr) continue;
    const SubspaceParameters& parameters = model.live.subspaces[layer];
    const Subspaces made = bank->pick(parameters, false, 0);
    const at::Tensor scores = bank->scores();
    const at::Tensor picked = at::zeros_like(scores).scatter(1, made.picked, 1.);
    const at::Tensor holders = picked.sum(0), open = (picked * scores.sigmoid()).sum(0);
    const at::Tensor held = (holders > 0).nonzero().flatten();
    const at::Tensor order = (holders + open / (scores.size(0) + 1))
                                 .index_select(0, held)
                                 .argsort(/*stable=*/true, 0, /*descending=*/shared);
    const std::int64_t count = std::clamp<std::int64_t>(bank->down.size(1) / share_of_backbone, 1,
                                                        std::max<std::int64_t>(1, held.size(0) / 2));
    sets.push_back(held.index_select(0, order.slice(0, 0, count)));
  }
  return sets;
}

std::vector<double> ablation_damage(Model& model, const Task& task, const DimensionSets& dimensions,
                                    std::int64_t samples) {
  const std::vector<double> before = task_losses(model, task, samples);
  const auto banks = banks_of(model);
  std::vector<at::Tensor> kept;
  {
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < banks.size(); ++i) {
      at::Tensor up = banks[i]->up;
      kept.push_back(up.index_select(0, dimensions[i]));
      up.index_fill_(0, dimensions[i], 0);
    }
  }
  std::vector<double> damage = task_losses(model, task, samples);
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < banks.size(); ++i) {
    at::Tensor up = banks[i]->up;
    up.index_copy_(0, dimensions[i], kept[i]);
  }
  for (std::size_t t = 0; t < damage.size(); ++t) damage[t] -= before[t];
  return damage;
}

double sharpness(Model& model, const Task& task, const DimensionSets& dimensions, const Samples& samples,
                 std::int64_t seed) {
  std::vector<at::Tensor> weights;
  for (const SubspaceBank* bank : banks_of(model)) weights.insert(weights.end(), {bank->down, bank->up});
  const PassKind pass{.tasks = task.tasks_of(samples)};
  const auto gradient = [&] {
    const at::Tensor loss = model.forward(samples.inputs, samples.targets, pass).task_loss;
    return parts_of(model, gradients_of(loss, weights), dimensions);
  };
  Random random(seed, "sharpness");
  Directions direction = parts_of(model, weights, dimensions);
  for (at::Tensor& part : direction) {
    at::Tensor drawn = at::empty(part.sizes(), at::kDouble);
    double* const values = drawn.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < drawn.numel(); ++i) values[i] = random.uniform() - 0.5;
    part = drawn.to(part.options().requires_grad(false));
  }
  const std::vector<at::Tensor> kept = [&] {
    std::vector<at::Tensor> copies;
    for (const at::Tensor& weight : weights) copies.push_back(weight.detach().clone());
    return copies;
  }();
  double length_of_weights = std::sqrt(product(parts_of(model, kept, dimensions), parts_of(model, kept, dimensions)));
  const bool single = weights.empty() || weights[0].scalar_type() == at::kFloat;
  const double reach = (single ? 1e-2 : 1e-4) * std::max(length_of_weights, 1e-6);
  double eigenvalue = 0;
  for (int step = 0; step < power_steps; ++step) {
    const double length = std::sqrt(product(direction, direction));
    if (length == 0) return 0;
    for (at::Tensor& part : direction) part = part / length;
    move(model, dimensions, direction, reach);
    const Directions above = gradient();
    move(model, dimensions, direction, -2 * reach);
    const Directions below = gradient();
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i].copy_(kept[i]);  // to the bit
    Directions curved;
    for (std::size_t i = 0; i < above.size(); ++i) curved.push_back((above[i] - below[i]) / (2 * reach));
    eigenvalue = product(direction, curved);
    direction = std::move(curved);
  }
  return eigenvalue;
}

}  // namespace tessera
