// The one list of an experiment's components and where each sits in a preset. No LibTorch: checking a preset builds
// nothing.
#pragma once

#include "core/lab/parameter.h"
#include "core/moe/head_parameters.h"

namespace tessera {

const ParameterTable& experiment_parameters();

// What ranges can't say: k against the number of experts, tiles against classes, groups of classes that exist.
std::vector<Problem> check_combinations(const Parameters&);

// The layout of a mosaic head; tasks: of a sequence, empty: there is none. Where only the data tell how many classes or
// which tasks there are, check_combinations() can't look at it.
Result<TileLayout> tiles_of(const HeadParameters& head, int classes, const ClassSequence& tasks);

}  // namespace tessera
