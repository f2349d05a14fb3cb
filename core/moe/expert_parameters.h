// The experts of an MoE layer.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ExpertParameters {
  std::string kind = "mlp";
  std::int64_t count = 8;
  std::int64_t hidden = 128;
  std::string activation = "gelu";
  std::int64_t lora_rank = 8;
  struct Blocks {
    std::int64_t size = 16;
    double active = 0.25;
  } blocks;
  struct Zero {
    std::int64_t count = 0;
    std::string kind = "identity";
  } zero;
  struct Shared {
    std::int64_t count = 0, hidden = 128;
    std::string gate = "none";
  } shared;

  std::int64_t routed() const { return count + zero.count; }  // what a router chooses from

  void describe(Describer& d) {
    d.choice(
        "kind", kind, {"mlp", "subspace", "block_sparse", "lora"},
        "mlp: a perceptron with one hidden layer. subspace: dimensions picked from one backbone that all experts "
        "of the layer share (CDSP, model.subspaces). block_sparse: blocks of two matrices that all share, drawn for "
        "each expert (CDSP's Hadamard form). lora: one perceptron that all share, to whose matrices each expert adds "
        "a product of low rank.",
        Applies::rebuild);
    d.integer("count", count, {.min = 1, .max = 1024, .scale = Scale::logarithmic}, "experts", "Experts of the layer.",
              Applies::rebuild);
    d.integer("hidden", hidden, {.min = 1, .max = 32768, .scale = Scale::logarithmic}, "features",
              "Hidden features of each expert. Costs time in proportion, but only for the experts chosen.",
              Applies::rebuild, {"kind", {"mlp", "block_sparse", "lora"}});
    d.integer("lora.rank", lora_rank, {.min = 1, .max = 4096, .scale = Scale::logarithmic}, "",
              "Rank of what each expert adds to a shared matrix.", Applies::rebuild, {"kind", {"lora"}});
    d.integer("blocks.size", blocks.size, {.min = 8, .max = 256, .scale = Scale::logarithmic}, "features",
              "Edge of a block, a multiple of 8; width and hidden features are multiples of it.", Applies::rebuild,
              {"kind", {"block_sparse"}});
    d.real("blocks.active", blocks.active, {.min = 0.001, .max = 1}, "",
           "Share of the blocks of each matrix that an expert has, |S| / N^2; one at least. Time is in proportion.",
           Applies::rebuild, {"kind", {"block_sparse"}});
    d.choice("activation", activation, {"relu", "gelu", "silu"}, "What the hidden features go through.",
             Applies::rebuild);
    d.integer("zero.count", zero.count, {.min = 0, .max = 512}, "experts",
              "Experts that compute nothing, after the others: a token that chooses one spends less (MoE++, "
              "LongCat-Flash).",
              Applies::rebuild);
    d.choice("zero.kind", zero.kind, {"identity", "zero"},
             "identity: an expert that computes nothing hands its input on, times its weight. zero: it adds nothing.",
             Applies::rebuild);
    d.integer("shared.count", shared.count, {.min = 0, .max = 16}, "experts",
              "Experts that work for every token beside the chosen ones, unrouted.", Applies::rebuild);
    d.integer("shared.hidden", shared.hidden, {.min = 1, .max = 32768, .scale = Scale::logarithmic}, "features",
              "Hidden features of each shared expert.", Applies::rebuild);
    d.choice("shared.gate", shared.gate, {"none", "sigmoid"},
             "none: their output is added as it is (DeepSeek, Llama 4). sigmoid: times sigmoid(w x), w learned "
             "(Qwen1.5-MoE).",
             Applies::rebuild);
  }
};

}  // namespace tessera
