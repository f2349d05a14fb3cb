// The experts of an MoE layer.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ExpertParameters {
  std::string kind = "mlp";
  std::int64_t count = 8;
  std::int64_t hidden = 128;
  std::string activation = "gelu";

  void describe(Describer& d) {
    d.choice("kind", kind, {"mlp"}, "mlp: a perceptron with one hidden layer.", Applies::rebuild);
    d.integer("count", count, {.min = 1, .max = 256, .scale = Scale::logarithmic}, "experts", "Experts of the layer.",
              Applies::rebuild);
    d.integer("hidden", hidden, {.min = 1, .max = 4096, .scale = Scale::logarithmic}, "features",
              "Hidden features of each expert. Costs time in proportion, but only for the experts chosen.",
              Applies::rebuild);
    d.choice("activation", activation, {"relu", "gelu", "silu"}, "What the hidden features go through.",
             Applies::rebuild);
  }
};

}  // namespace tessera
