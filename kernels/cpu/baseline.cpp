// The vectorised parts of operators for the compiler's default instructions: what runs everywhere (flags in
// kernels/CMakeLists.txt).
#include "kernels/cpu/functions.h"

namespace tessera::kernels::cpu {

const InstructionSet baseline{"baseline", vector_bytes, functions_here<float>, functions_here<double>};

}  // namespace tessera::kernels::cpu
