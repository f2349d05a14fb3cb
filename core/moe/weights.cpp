#include "core/moe/weights.h"

#include <torch/torch.h>

#include "core/data/random.h"

namespace tessera {

at::Tensor Initialiser::add(std::string name, Scope scope, int layer, at::IntArrayRef shape, double bound) {
  Random random(seed_, name);
  at::Tensor drawn = at::empty(shape, at::kDouble);
  double* values = drawn.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < drawn.numel(); ++i) values[i] = bound * (2 * random.uniform() - 1);
  weights.push_back({std::move(name), scope, layer, drawn.to(options_).set_requires_grad(true)});
  return weights.back().value;
}

}  // namespace tessera
