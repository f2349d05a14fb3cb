// The model's outline: encoder, then `depth` residual MoE layers of `width` features, then a head. Of text, attention
// comes before each MoE layer.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ModelParameters {
  std::int64_t width = 64;
  std::int64_t depth = 4;
  std::string encoder = "linear";
  std::string norm = "none";
  std::int64_t heads = 4;
  bool task_embedding = false;

  void describe(Describer& d) {
    d.integer("width", width, {.min = 8, .max = 8192, .scale = Scale::logarithmic}, "features",
              "Features of each token (an image, or a byte of text) between the layers.", Applies::rebuild);
    d.integer("depth", depth, {.min = 0, .max = 16}, "layers",
              "Number of MoE layers. Each adds to its input: x + moe(norm(x)). 0: the head works on the encoder's "
              "features; it has tiles or experts then.",
              Applies::rebuild);
    d.choice(
        "encoder.kind", encoder, {"linear", "mlp", "conv", "conv4"},
        "From pixels to features. linear: one matrix. mlp: two, with ReLU between. conv: two 3 x 3 convolutions "
        "of stride 2 (16 and 32 channels, ReLU), then one matrix. conv4: four of them (width / 8, / 4, / 2, then width "
        "channels), then the mean over what is left of the image; slowest, best for coloured images.",
        Applies::rebuild, {"/task.kind", {"classification", "interference", "multitask", "sequence"}});
    d.choice(
        "norm", norm, {"none", "layer_norm"},
        "What each MoE layer does to its input first (pre-norm). layer_norm keeps the router's logits from "
        "growing with the depth; it has no gain and bias of its own (as OLMo's, Groeneveld et al. 2024). Of text, also "
        "what attention and head do to theirs.",
        Applies::rebuild);
    d.boolean("task_embedding", task_embedding,
              "Add a learned vector of the sample's task to its features: what a model without a router that knows the "
              "task needs to tell tasks apart.",
              Applies::rebuild, {"/task.kind", {"interference", "multitask"}});
    d.integer("attention.heads", heads, {.min = 1, .max = 64}, "heads",
              "Heads of the causal attention before each MoE layer; they divide the width.", Applies::rebuild,
              {"/task.kind", {"language"}});
  }
};

}  // namespace tessera
