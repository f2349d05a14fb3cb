// The choice of an instruction set.
#include "kernels/cpu/instruction_sets.h"

#include <vector>

namespace tessera::kernels::cpu {

std::span<const InstructionSet* const> instruction_sets() {
  static const std::vector<const InstructionSet*> found = [] {
    std::vector<const InstructionSet*> sets;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl")) {
      sets.push_back(&avx512);
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&avx2);
#endif
    sets.push_back(&baseline);
    return sets;
  }();
  return found;
}

}  // namespace tessera::kernels::cpu
