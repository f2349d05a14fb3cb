#include "core/moe/noise.h"

#include <ATen/ATen.h>

#include <string_view>

#include "core/data/random.h"

namespace tessera {
namespace {

constexpr std::string_view names[] = {"jitter", "second", "gumbel", "task dropout"};  // by Noise

}  // namespace

at::Tensor random_uniform(const at::Tensor& like, std::uint64_t seed, Noise use) {
  Random random(static_cast<std::int64_t>(seed), names[static_cast<std::size_t>(use)]);
  at::Tensor drawn = at::empty(like.sizes(), at::kDouble);
  double* const values = drawn.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < drawn.numel(); ++i) values[i] = random.uniform();
  return drawn.to(like.options().requires_grad(false));
}

}  // namespace tessera
