// The model's outline: encoder, then `depth` residual MoE layers of `width` features, then a head.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ModelParameters {
  std::int64_t width = 64;
  std::int64_t depth = 4;
  std::string encoder = "linear";
  std::string norm = "none";

  void describe(Describer& d) {
    d.integer("width", width, {.min = 8, .max = 8192, .scale = Scale::logarithmic}, "features",
              "Features of each sample between the layers.", Applies::rebuild);
    d.integer("depth", depth, {.min = 1, .max = 16}, "layers",
              "Number of MoE layers. Each adds to its input: x + moe(norm(x)).", Applies::rebuild);
    d.choice("encoder.kind", encoder, {"linear", "mlp", "conv"},
             "From pixels to features. linear: one matrix. mlp: two, with ReLU between. conv: two 3 x 3 convolutions "
             "of stride 2 (16 and 32 channels, ReLU), then one matrix; slowest, most accurate.",
             Applies::rebuild);
    d.choice("norm", norm, {"none", "layer_norm"},
             "What each MoE layer does to its input first (pre-norm). layer_norm keeps the router's logits from "
             "growing with the depth.",
             Applies::rebuild);
  }
};

}  // namespace tessera
