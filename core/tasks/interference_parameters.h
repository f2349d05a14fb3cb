// The interference pair's inputs.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct InterferenceParameters {
  std::int64_t features = 16;
  std::int64_t samples = 2048;

  void describe(Describer& d) {
    const Condition interference{"/task.kind", {"interference"}};
    d.integer("features", features, {.min = 1, .max = 4096, .scale = Scale::logarithmic}, "features",
              "Numbers of each input, normal with mean 0 and variance 1.", Applies::rebuild, interference);
    d.integer("samples", samples, {.min = 2, .max = 1'000'000, .scale = Scale::logarithmic}, "inputs",
              "Training inputs, each in both tasks; there are half as many for testing.", Applies::rebuild,
              interference);
  }
};

}  // namespace tessera
