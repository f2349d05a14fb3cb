// The vectorised parts of operators, compiled once for each instruction set; which one runs is chosen at run time.
#pragma once

#include <span>

#include "kernels/adamw/cpu.h"
#include "kernels/block_sparse/cpu.h"
#include "kernels/expert_mlp/cpu.h"
#include "kernels/gate/cpu.h"
#include "kernels/gram/cpu.h"
#include "kernels/linear/cpu.h"

namespace tessera::kernels::cpu {

template <class T>
struct Functions {
  void (*gate_forward)(const GateForward<T>&);
  void (*gate_backward)(const GateBackward<T>&);
  void (*mlp_forward)(const MlpForward<T>&, const MlpRows&, T* scratch);
  void (*mlp_backward)(const MlpBackward<T>&, const MlpRows&, T* scratch);
  void (*mlp_gradient)(const MlpBackward<T>&, const MlpGradientRows&);
  void (*mlp_combine)(const MlpCombine<T>&, std::int64_t first, std::int64_t last);
  void (*linear_forward)(const Linear<T>&, const LinearPart&, T* scratch);
  void (*linear_input_gradient)(const Linear<T>&, const LinearPart&, T* scratch);
  void (*linear_gradient)(const Linear<T>&, std::int64_t first, std::int64_t last);
  void (*adamw)(const AdamWStep&, const AdamWSpan<T>&);
  void (*gram)(const GramRows<T>&, std::int64_t first, std::int64_t last, double* sums);
  void (*block_sparse_forward)(const BlockSparse<T>&, const BlockSparsePart&, T* scratch);
  void (*block_sparse_input_gradient)(const BlockSparse<T>&, const BlockSparsePart&, T* scratch);
  void (*block_sparse_gradient)(const BlockSparse<T>&, const BlockSparseStripe&, T* scratch);
};

struct InstructionSet {
  const char* name;
  int vector_bytes;
  Functions<float> of_float;
  Functions<double> of_double;

  template <class T>
  const Functions<T>& functions() const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return of_float;
    } else {
      return of_double;
    }
  }
};

extern const InstructionSet baseline, avx2, avx512;  // the latter two on x86-64 only

// Those that this machine can run, the best one first.
std::span<const InstructionSet* const> instruction_sets();

}  // namespace tessera::kernels::cpu
