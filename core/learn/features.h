// What an encoder that stays as it is makes of many inputs, computed once.
#pragma once

#include <string>

#include "core/lab/engine.h"
#include "core/moe/model.h"

namespace tessera {

// Of inputs [samples, ...] the features [samples, width], in chunks, without gradients.
at::Tensor features_of(const Model& model, const at::Tensor& inputs, const BuildProgress& progress = {});

// The same, or what was left of it in the cache (tensor_cache.h) by an earlier run: of the same inputs and weights, on
// the same machine, threads and build. where: device and threads, in words.
at::Tensor cached_features_of(const Model& model, const at::Tensor& inputs, const std::string& where,
                              const BuildProgress& progress = {});

}  // namespace tessera
