// The order of the samples as a part of a checkpoint. Little-endian: 4 x 8 bytes random state, 8 bytes position, then
// 4 bytes an index.
#pragma once

#include "core/data/sampler.h"
#include "core/lab/engine.h"

namespace tessera {

void write_sampler(Writer& writer, const EpochSampler::State& state);
void write_stage(Writer& writer, std::int64_t stage);  // which task of a sequence the order is of
std::int64_t read_stage(Reader& reader);               // InputError, likewise
EpochSampler::State read_sampler(Reader& reader);      // InputError; that it fits the data is the sampler's to check

}  // namespace tessera
