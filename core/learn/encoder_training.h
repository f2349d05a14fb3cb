// An encoder that is trained on another data set before a sequence of tasks begins.
#pragma once

#include <string>

#include "core/lab/engine.h"
#include "core/moe/model.h"
#include "core/tasks/encoder_parameters.h"

namespace tessera {

// Trains the model's encoder on the data set that the parameters name, with a linear head of its own, or takes what an
// earlier training with the same parameters left in the cache (the same machine, threads and build, so that figures
// don't depend on whether there is one). `where`: device and threads, in words. Throws InputError when the data set is
// missing, damaged, or has images of another shape than `shape`.
void train_encoder(Model& model, const InputShape& shape, const std::string& encoder_kind,
                   const EncoderParameters& parameters, const std::string& where, const BuildProgress& progress = {});

}  // namespace tessera
