// Everything that is compiled once for each instruction set, as one table.
#pragma once

#include "kernels/cpu/instruction_sets.h"
#include "kernels/expert_mlp/blocks.h"
#include "kernels/gate/rows.h"

namespace tessera::kernels::cpu {
namespace {

template <class T>
constexpr Functions<T> functions_here{gate_forward<T>, gate_backward<T>, mlp_forward<T>,
                                      mlp_backward<T>, mlp_gradient<T>,  mlp_combine<T>};

}  // namespace
}  // namespace tessera::kernels::cpu
