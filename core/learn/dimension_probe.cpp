#include "core/learn/dimension_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/data/random.h"
#include "core/learn/gradients.h"

namespace tessera {
namespace {

constexpr std::int64_t share_of_backbone = 4;
constexpr int lanczos_steps = 30;

std::vector<std::size_t> layers_with_subspaces(const Model& model) {
  std::vector<std::size_t> layers;
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(model.moe_layers()); ++layer) {
    if (model.subspaces(layer) != nullptr) layers.push_back(layer);
  }
  return layers;
}

std::vector<const SubspaceBank*> banks_of(const Model& model) {
  std::vector<const SubspaceBank*> banks;
  for (const std::size_t layer : layers_with_subspaces(model)) banks.push_back(model.subspaces(layer));
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

Directions scaled(Directions v, double by) {
  for (at::Tensor& part : v) part = part * by;
  return v;
}

// v less its parts along others, which are orthonormal.
Directions orthogonal(Directions v, const std::vector<Directions>& others) {
  for (const Directions& other : others) {
    const double along = product(v, other);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = v[i] - other[i] * along;
  }
  return v;
}

Directions drawn_direction(const Directions& like, std::int64_t seed) {
  Random random(seed, "sharpness");
  Directions made;
  for (const at::Tensor& part : like) {
    at::Tensor drawn = at::empty(part.sizes(), at::kDouble);
    double* const values = drawn.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < drawn.numel(); ++i) values[i] = random.uniform() - 0.5;
    made.push_back(drawn.to(part.options().requires_grad(false)));
  }
  return made;
}

// float64 [E, D]: 1 where an expert picked a dimension.
at::Tensor picked_of(const Model& model, std::size_t layer) {
  const SubspaceBank& bank = *model.subspaces(layer);
  return picked_mask(bank.pick(model.live.subspaces[layer], false, 0).picked, bank.down.size(1)).to(at::kDouble);
}

}  // namespace

SharedAndExclusive dimension_sets(const Model& model) {
  const at::NoGradGuard no_grad;
  SharedAndExclusive sets;
  for (const std::size_t layer : layers_with_subspaces(model)) {
    const at::Tensor picked = picked_of(model, layer), holders = picked.sum(0);
    const at::Tensor held = (holders > 0).nonzero().flatten();
    const at::Tensor order = holders.index_select(0, held).argsort(/*stable=*/true, 0, /*descending=*/true);
    const std::int64_t count =
        std::max<std::int64_t>(1, std::min(picked.size(1) / share_of_backbone, held.size(0) / 2));
    sets.shared.push_back(held.index_select(0, order.slice(0, 0, count)));
    sets.exclusive.push_back(held.index_select(0, order.slice(0, order.size(0) - count)));
  }
  return sets;
}

std::int64_t places(const Model& model, const DimensionSets& dimensions) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  std::size_t next = 0;
  for (const std::size_t layer : layers_with_subspaces(model)) {
    sum += picked_of(model, layer).index_select(1, dimensions[next++]).sum().item<double>();
  }
  return std::llround(sum);
}

std::vector<Damage> ablation_damage(Model& model, const Task& task, const DimensionSets& dimensions,
                                    const TokenLosses& intact, std::int64_t samples) {
  const at::NoGradGuard no_grad;
  const auto banks = banks_of(model);
  std::vector<at::Tensor> kept;
  for (std::size_t i = 0; i < banks.size(); ++i) {
    at::Tensor up = banks[i]->up;
    kept.push_back(up.index_select(0, dimensions[i]));
    up.index_fill_(0, dimensions[i], 0);
  }
  const at::Tensor rises = token_losses(model, task, samples).losses - intact.losses;
  for (std::size_t i = 0; i < banks.size(); ++i) {
    at::Tensor up = banks[i]->up;
    up.index_copy_(0, dimensions[i], kept[i]);
  }
  std::vector<Damage> damage;
  for (std::int64_t t = 0; t < task.outline().tasks; ++t) {
    const at::Tensor own = rises.masked_select(intact.tasks == t);
    const double count = static_cast<double>(own.size(0)), deviation = own.std(/*unbiased=*/true).item<double>();
    damage.push_back({own.mean().item<double>(), deviation / std::sqrt(count)});
  }
  return damage;
}

double sharpness(Model& model, const Task& task, const DimensionSets& dimensions, const Samples& samples,
                 std::int64_t seed) {
  std::vector<at::Tensor> weights, kept;
  for (const SubspaceBank* bank : banks_of(model)) weights.insert(weights.end(), {bank->down, bank->up});
  for (const at::Tensor& weight : weights) kept.push_back(weight.detach().clone());
  const bool single = weights.empty() || weights[0].scalar_type() == at::kFloat;
  const double reach = (single ? 1e-3 : 1e-5) * std::sqrt(std::max(product(kept, kept), 1e-12));
  const PassKind pass{.tasks = task.tasks_of(samples)};
  const auto gradient = [&] {
    const at::Tensor loss = model.forward(samples.inputs, samples.targets, pass).task_loss;
    return parts_of(model, gradients_of(loss, weights), dimensions);
  };
  const auto curved = [&](const Directions& direction) {  // the Hessian times a direction of length 1
    move(model, dimensions, direction, reach);
    Directions made = gradient();
    move(model, dimensions, direction, -2 * reach);
    const Directions below = gradient();
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i].copy_(kept[i]);  // to the bit
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = (made[i] - below[i]) / (2 * reach);
    return made;
  };
  Directions next = drawn_direction(parts_of(model, kept, dimensions), seed);
  at::Tensor tridiagonal = at::zeros({lanczos_steps, lanczos_steps}, at::kDouble);
  std::vector<Directions> basis;
  double largest_entry = 0;
  std::int64_t steps = 0;
  for (double length = std::sqrt(product(next, next)); steps < lanczos_steps; ++steps) {
    if (!std::isfinite(length)) return std::numeric_limits<double>::quiet_NaN();
    if (length <= 1e-9 * largest_entry || length == 0) break;  // the basis spans all there is
    if (steps > 0) tridiagonal[steps][steps - 1] = tridiagonal[steps - 1][steps] = length;
    basis.push_back(scaled(std::move(next), 1 / length));
    next = curved(basis.back());
    const double along = product(next, basis.back());
    tridiagonal[steps][steps] = along;
    next = orthogonal(orthogonal(std::move(next), basis), basis);  // twice: once leaves rounding errors
    length = std::sqrt(product(next, next));
    largest_entry = std::max({largest_entry, std::abs(along), length});
  }
  if (steps == 0) return 0;
  return at::linalg_eigvalsh(tridiagonal.slice(0, 0, steps).slice(1, 0, steps)).max().item<double>();
}

}  // namespace tessera
