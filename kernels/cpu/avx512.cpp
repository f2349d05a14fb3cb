// The vectorised parts of operators for AVX-512 F, DQ, BW and VL (flags in kernels/CMakeLists.txt).
#if defined(__x86_64__)
#include "kernels/cpu/functions.h"

namespace tessera::kernels::cpu {

const InstructionSet avx512{"avx512", vector_bytes, functions_here<float>, functions_here<double>};

}  // namespace tessera::kernels::cpu
#endif
