// Rows of an operator's own matrices are padded, so that they are read and written in whole vectors.
#pragma once

#include <cstdint>

namespace tessera::kernels::cpu {

constexpr std::int64_t padding = 32;  // elements: the widest tile has 32 columns
constexpr std::int64_t padded(std::int64_t n) { return (n + padding - 1) / padding * padding; }

}  // namespace tessera::kernels::cpu
