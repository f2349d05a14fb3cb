// The one list of an experiment's components and where each sits in a preset. No LibTorch: checking a preset builds
// nothing.
#pragma once

#include "core/lab/parameter.h"
#include "core/moe/head_parameters.h"

namespace tessera {

const ParameterTable& experiment_parameters();

// What ranges can't say: k against the number of experts, tiles against classes, groups of classes that exist.
std::vector<Problem> check_combinations(const Parameters&);

// Whether a mosaic head fits so many classes; where only the data tell how many, check_combinations() can't.
std::vector<Problem> tile_problems(const HeadParameters& head, int classes);

}  // namespace tessera
