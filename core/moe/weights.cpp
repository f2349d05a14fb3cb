#include "core/moe/weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/data/random.h"

namespace tessera {

std::vector<at::Tensor> values_of(const std::vector<Weight>& weights) {
  std::vector<at::Tensor> values;
  for (const Weight& weight : weights) values.push_back(weight.value);
  return values;
}

double linear_bound(std::int64_t fan_in) { return 1 / std::sqrt(static_cast<double>(fan_in)); }

at::Tensor Initialiser::uniform(std::string_view name, at::IntArrayRef shape, double bound) const {
  Random random(seed_, name);
  at::Tensor drawn = at::empty(shape, at::kDouble);
  double* values = drawn.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < drawn.numel(); ++i) values[i] = bound * (2 * random.uniform() - 1);
  return drawn;
}

at::Tensor Initialiser::add(std::string name, Scope scope, int layer, at::IntArrayRef shape, double bound,
                            std::int64_t expert) {
  const at::Tensor drawn = uniform(name, shape, bound);
  const at::Tensor value = keep(std::move(name), scope, layer, drawn);
  weights.back().bound = bound;
  weights.back().expert = expert;
  return value;
}

std::vector<at::Tensor> Initialiser::add_for_experts(const std::string& prefix, const std::string& name, int layer,
                                                     at::IntArrayRef shape, double bound,
                                                     const std::vector<std::int64_t>& columns) {
  const at::Tensor drawn = uniform(prefix + "." + name, shape, bound);
  std::vector<at::Tensor> made;
  std::int64_t first = 0;
  for (std::size_t e = 0; e < columns.size(); ++e) {
    const at::Tensor own = drawn.narrow(-1, first, columns[e]).contiguous();
    made.push_back(keep(prefix + ".expert" + std::to_string(e) + "." + name, Scope::experts, layer, own));
    weights.back().expert = static_cast<std::int64_t>(e);
    first += columns[e];
  }
  return made;
}

at::Tensor drawn_anew(const Weight& weight, std::int64_t seed) {
  Initialiser other(seed, at::TensorOptions(at::kDouble));
  const auto shape = weight.value.sizes();
  const at::Tensor drawn = weight.normal ? other.add_normal(weight.name, weight.scope, weight.layer, shape)
                                         : other.add(weight.name, weight.scope, weight.layer, shape, weight.bound);
  return drawn.detach();
}

at::Tensor Initialiser::normal(std::string_view name, at::IntArrayRef shape) const {
  Random random(seed_, name);
  at::Tensor drawn = at::empty(shape, at::kDouble);
  double* values = drawn.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < drawn.numel(); ++i) {  // Box & Muller 1958
    const double radius = std::sqrt(-2 * std::log1p(-random.uniform()));
    values[i] = radius * std::cos(2 * std::numbers::pi * random.uniform());
  }
  return drawn;
}

at::Tensor Initialiser::add_normal(std::string name, Scope scope, int layer, at::IntArrayRef shape) {
  const at::Tensor drawn = normal(name, shape);
  const at::Tensor value = keep(std::move(name), scope, layer, drawn);
  weights.back().normal = true;
  return value;
}

at::Tensor Initialiser::add_orthogonal(std::string name, Scope scope, int layer, std::int64_t rows,
                                       std::int64_t columns) {
  const bool wide = columns > rows;
  const auto [q, r] = at::linalg_qr(normal(name, {std::max(rows, columns), std::min(rows, columns)}));
  const at::Tensor drawn = q * r.diagonal().sign();  // uniform among them (Mezzadri 2007)
  return keep(std::move(name), scope, layer, wide ? drawn.t().contiguous() : drawn.contiguous());
}

at::Tensor Initialiser::add_state(std::string name, at::IntArrayRef shape) {
  states.push_back({std::move(name), at::zeros(shape, options_)});
  return states.back().value;
}

at::Tensor Initialiser::keep(std::string name, Scope scope, int layer, const at::Tensor& drawn) {
  weights.push_back({std::move(name), scope, layer, drawn.to(options_).set_requires_grad(true)});
  return weights.back().value;
}

}  // namespace tessera
