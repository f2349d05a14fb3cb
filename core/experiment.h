// The one list of an experiment's components and where each sits in a preset. No LibTorch: checking a preset builds
// nothing.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

const ParameterTable& experiment_parameters();

// What ranges can't say: k against the number of experts, tiles against classes, groups of classes that exist.
std::vector<Problem> check_combinations(const Parameters&);

}  // namespace tessera
