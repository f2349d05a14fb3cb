// The router of an MoE layer: a linear map to one logit an expert, a score, a selection.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct RouterParameters {
  std::string score = "softmax";
  double temperature = 1;
  std::string selection = "top_k";
  std::int64_t k = 2;
  bool normalise = true;

  void describe(Describer& d) {
    d.choice("score", score, {"softmax", "sigmoid", "sparsemax", "entmax15"},
             "From logits to scores. softmax: experts compete, none is ever zero. sigmoid: each expert on its own. "
             "sparsemax: competition with exact zeros. entmax15 (alpha = 1.5): between softmax and sparsemax.",
             Applies::live);
    d.real("temperature", temperature, {.min = 0.01, .max = 100, .scale = Scale::logarithmic}, "",
           "Divides the logits before the score: low is sharp, high is flat.", Applies::live);
    d.choice("selection", selection, {"top_k", "dense"},
             "top_k: only the k experts with the largest scores work for a token. dense: all whose score isn't zero.",
             Applies::live);
    d.integer("k", k, {.min = 1, .max = 256}, "experts",
              "Experts a token at most. May not exceed the experts there are.", Applies::live,
              {"selection", {"top_k"}});
    d.boolean("normalise", normalise,
              "Divide a token's weights by their sum after the selection, so that they sum to one (Mixtral: yes; "
              "Qwen1.5-MoE, OLMoE: no).",
              Applies::live);
  }
};

}  // namespace tessera
