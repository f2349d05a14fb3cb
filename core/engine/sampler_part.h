// The order of the samples as a part of a checkpoint. Little-endian: 4 x 8 bytes random state, 8 bytes position, then
// 4 bytes an index.
#pragma once

#include "core/data/sampler.h"
#include "core/lab/engine.h"

namespace tessera {

void write_sampler(Writer& writer, const EpochSampler::State& state);
EpochSampler::State read_sampler(Reader& reader);  // InputError; that it fits the data is the sampler's to check

}  // namespace tessera
