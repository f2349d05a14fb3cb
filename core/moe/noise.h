// What is random in a forward pass: drawn from a seed of its own, so that no generator's state has to be kept.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tessera {

enum class Noise { jitter, second, gumbel, task_dropout };  // draws of different uses are independent

// Uniform in [0, 1), shape and dtype as `like`; the same on every device for the same seed and use.
at::Tensor random_uniform(const at::Tensor& like, std::uint64_t seed, Noise use);

}  // namespace tessera
