// What the CPU's gram hands to the code compiled for each instruction set.
#pragma once

#include <cstdint>

namespace tessera::kernels::cpu {

template <class T>
struct GramRows {
  const T* const* rows;  // `count` of them
  std::int64_t count;
};

}  // namespace tessera::kernels::cpu
