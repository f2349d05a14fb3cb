// Parameters of a router in the words of the operator that computes its gate.
#pragma once

#include "core/moe/router_parameters.h"
#include "kernels/gate/spec.h"

namespace tessera {

// What the gate does of it: for expert_choice and soft it scores and selects nothing. What comes after the gate:
// core/moe/route.h.
kernels::GateSpec gate_spec(const RouterParameters& router);

}  // namespace tessera
