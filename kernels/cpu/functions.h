// Everything that is compiled once for each instruction set, as one table.
#pragma once

#include "kernels/adamw/blocks.h"
#include "kernels/block_sparse/blocks.h"
#include "kernels/cpu/instruction_sets.h"
#include "kernels/expert_mlp/blocks.h"
#include "kernels/gate/rows.h"
#include "kernels/gram/blocks.h"
#include "kernels/linear/blocks.h"

namespace tessera::kernels::cpu {
namespace {

template <class T>
constexpr Functions<T> functions_here{gate_forward<T>,
                                      gate_backward<T>,
                                      mlp_forward<T>,
                                      mlp_backward<T>,
                                      mlp_gradient<T>,
                                      mlp_combine<T>,
                                      linear_forward<T>,
                                      linear_input_gradient<T>,
                                      linear_gradient<T>,
                                      adamw<T>,
                                      gram<T>,
                                      block_sparse_forward<T>,
                                      block_sparse_input_gradient<T>,
                                      block_sparse_gradient<T>};

}  // namespace
}  // namespace tessera::kernels::cpu
