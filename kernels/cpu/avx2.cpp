// The vectorised parts of operators for AVX2 and FMA (flags in kernels/CMakeLists.txt).
#if defined(__x86_64__)
#include "kernels/cpu/functions.h"

namespace tessera::kernels::cpu {

const InstructionSet avx2{"avx2", vector_bytes, functions_here<float>, functions_here<double>};

}  // namespace tessera::kernels::cpu
#endif
