// The router of an MoE layer, described by data: input, logits, temperature, score, selection, weights, capacity.
//
// Any published router is a choice of these values and nothing else (presets/routers); docs/manual/routers.md is the
// guide. What can't go together is said by router_problems().
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct RouterParameters {
  struct Input {
    double jitter = 0;
    bool layer_norm = false;
  } input;
  struct Logits {
    std::string kind = "linear";
    bool bias = false;
    double scale = 10;
  } logits;
  struct Task {
    double ratio = 0, dropout = 0.1;
  } task;
  double temperature = 1;
  std::string score = "softmax";
  std::string selection = "top_k";
  std::int64_t k = 2;
  double threshold = 0.1;
  std::int64_t slots = 1;
  struct Groups {
    std::int64_t count = 1, kept = 1;
    std::string rank = "max", others = "minus_infinity";
  } groups;
  struct Bias {
    std::string update = "none";
    double rate = 0.001;
    std::string to = "scores";
    bool reversed = false;
  } bias;
  struct Second {
    std::string policy = "all";
    double threshold = 0.2;
  } second;
  std::string normalise = "sum";
  double scale = 1;
  std::string applies = "output";
  struct Capacity {
    double train = 0, test = 0;
    std::int64_t tokens = 0, minimum = 0;
    std::string rounding = "down", of = "batch", order = "position", dropped = "residual";
  } capacity;

  void describe(Describer& d) {
    const Condition top_k{"selection", {"top_k"}};
    d.real("input.jitter", input.jitter, {.min = 0, .max = 0.5}, "",
           "While training, each feature of the router's input is multiplied by a random factor between 1 - jitter and "
           "1 + jitter (Switch: 0.01). The experts see the input as it is.",
           Applies::live);
    d.boolean("input.layer_norm", input.layer_norm,
              "Normalise the router's input over its features, without scale and shift. The experts see it as it is.",
              Applies::live);
    d.choice(
        "logits.kind", logits.kind, {"linear", "cosine", "gaussian", "hash"},
        "From a token to one logit an expert. linear: x W. cosine: logits.scale times the cosine of x and the "
        "expert's column. gaussian: the log density of x under the expert's normal distribution, its mean and "
        "deviations learned. hash: no parameters; each token's id has one expert, by a fixed hash (of text, ids are "
        "the bytes; images are told apart by their pixels).",
        Applies::rebuild);
    d.boolean("logits.bias", logits.bias, "Add a learned number for each expert to the logits (gpt-oss).",
              Applies::rebuild, {"logits.kind", {"linear", "cosine"}});
    d.real("logits.scale", logits.scale, {.min = 0.01, .max = 1000, .scale = Scale::logarithmic}, "",
           "What cosines are multiplied by.", Applies::live, {"logits.kind", {"cosine"}});
    const Condition tasks{"/task.kind", {"interference", "multitask"}};
    d.real("task.ratio", task.ratio, {.min = 0, .max = 1}, "",
           "Share of the task in the logits: (1 - ratio) x the logits of the features + ratio x the bias of the "
           "token's task, each normalised over the experts (of two, only their order is left). 0: the router doesn't "
           "know the task, and nothing is "
           "normalised.",
           Applies::live, tasks);
    d.real("task.dropout", task.dropout, {.min = 0, .max = 1}, "",
           "Probability with which a token's task is withheld from the router while training.", Applies::live, tasks);
    d.real("temperature", temperature, {.min = 0.01, .max = 100, .scale = Scale::logarithmic}, "",
           "Divides the logits before the score: low is sharp, high is flat.", Applies::live);
    d.choice("score", score, {"softmax", "sigmoid", "sparsemax", "entmax15", "relu", "none"},
             "From logits to scores. softmax: experts compete, none is ever zero. sigmoid: each expert on its own. "
             "sparsemax: competition with exact zeros. entmax15 (alpha = 1.5): between softmax and sparsemax. relu: "
             "each on its own, negative logits are zero (ReMoE). none: the logits themselves.",
             Applies::live);
    d.choice("selection", selection, {"top_k", "dense", "threshold", "winner_take_all", "expert_choice", "soft"},
             "Who works for a token. top_k: the k experts with the largest scores. dense: all whose score isn't zero. "
             "threshold: all whose score is above it. winner_take_all: the best one, with all the weight. "
             "expert_choice: each expert picks its tokens, as many as its capacity. soft: every expert works for "
             "weighted means of all tokens, its slots (Soft MoE).",
             Applies::live);
    d.integer("k", k, {.min = 1, .max = 256}, "experts",
              "Experts a token at most. May not exceed the experts there are.", Applies::live, top_k);
    d.real("threshold", threshold, {.min = -100, .max = 100}, "", "Experts work whose score is above it.",
           Applies::live, {"selection", {"threshold"}});
    d.integer("slots", slots, {.min = 1, .max = 64}, "slots", "Slots of each expert.", Applies::rebuild,
              {"selection", {"soft"}});
    const Condition groups_matter{"selection", {"top_k", "winner_take_all", "threshold"}};
    d.integer("groups.count", groups.count, {.min = 1, .max = 256}, "groups",
              "Experts are divided into so many groups of neighbours; 1: no groups (DeepSeek-V2 and V3: 8).",
              Applies::live, groups_matter);
    d.integer("groups.kept", groups.kept, {.min = 1, .max = 256}, "groups",
              "A token chooses from its best so many groups (DeepSeek-V2: 3, V3: 4).", Applies::live, groups_matter);
    d.choice("groups.rank", groups.rank, {"max", "top2_sum", "sum"},
             "What groups are compared by. max: their best score (DeepSeek-V2). top2_sum: the sum of their two best "
             "(DeepSeek-V3). sum: that of all.",
             Applies::live, groups_matter);
    d.choice("groups.others", groups.others, {"minus_infinity", "zero"},
             "The scores of experts in the other groups while choosing. minus_infinity: never chosen. zero: chosen "
             "only after those above zero (DeepSeek-V2).",
             Applies::live, groups_matter);
    d.choice("bias.update", bias.update, {"none", "sign", "proportional"},
             "Balancing without a loss (arXiv 2408.15664): each expert has a bias that counts when experts are chosen "
             "and never in their weights. After each step it rises for experts with less than the mean load. sign: by "
             "the rate. proportional: by the rate times what is missing.",
             Applies::live);
    d.real("bias.rate", bias.rate, {.min = 0, .max = 1}, "", "Step of the bias.", Applies::live);
    d.choice(
        "bias.to", bias.to, {"scores", "logits"},
        "What the bias is added to while choosing. scores: as DeepSeek-V3. logits: then softmax and sigmoid choose "
        "the same experts.",
        Applies::live);
    d.boolean("bias.reversed", bias.reversed,
              "The bias falls for experts with little load, as some descriptions have it: the loads run away.",
              Applies::live);
    d.choice("second.policy", second.policy, {"all", "random", "sampling"},
             "Which second experts work while training (GShard, NLLB). all: all. random: with probability weight / "
             "threshold. sampling: the second one is drawn, in proportion to e^(logits / temperature) of all but the "
             "first. Testing takes all, the best ones.",
             Applies::live, top_k);
    d.real("second.threshold", second.threshold, {.min = 0.001, .max = 1}, "",
           "With policy random, a second expert of this weight or more always works.", Applies::live,
           {"second.policy", {"random"}});
    d.choice("normalise", normalise, {"none", "sum", "l1", "softmax"},
             "What becomes of the chosen scores. none: weights as they are (Qwen1.5-MoE, OLMoE, Switch). sum: divided "
             "by their sum (Mixtral). l1: by the sum of their magnitudes (DBRX). softmax: their softmax (gpt-oss).",
             Applies::live);
    d.real("scale", scale, {.min = 0.001, .max = 1000, .scale = Scale::logarithmic}, "",
           "Multiplies the weights (DeepSeek-V3: 2.5).", Applies::live);
    d.choice("applies", applies, {"output", "input"},
             "What a weight multiplies: the expert's output, or its input (Llama 4).", Applies::live);
    const Range factor{.min = 0, .max = 100};
    d.real("capacity.train", capacity.train, factor, "",
           "Capacity factor: an expert takes at most factor x tokens / experts; 0: as many as come. Expert choice: it "
           "takes just so many.",
           Applies::live);
    d.real("capacity.test", capacity.test, factor, "", "The same while testing.", Applies::live);
    d.integer("capacity.tokens", capacity.tokens, {.min = 0, .max = 1'000'000}, "tokens",
              "Capacity as a number of tokens, instead of the factors; 0: the factors hold.", Applies::live);
    d.integer("capacity.minimum", capacity.minimum, {.min = 0, .max = 1'000'000}, "tokens",
              "Where a capacity factor gives less, so many (GShard: 4).", Applies::live);
    d.choice("capacity.rounding", capacity.rounding, {"down", "up"},
             "down: factor x tokens / experts is rounded down. up: tokens / experts is rounded up, then multiplied "
             "(NLLB).",
             Applies::live);
    d.choice("capacity.of", capacity.of, {"batch", "sequence"},
             "Among which tokens capacity is counted: all of a batch, or those of each sequence (Switch). Images are "
             "one sequence.",
             Applies::live);
    d.choice("capacity.order", capacity.order, {"position", "priority"},
             "Who comes first where more want an expert than it takes; all first choices come before the second ones. "
             "position: earlier tokens. priority: those with the larger weight for their first choice.",
             Applies::live);
    d.choice("capacity.dropped", capacity.dropped, {"residual", "renormalise"},
             "What becomes of an assignment that an expert can't take. residual: its weight is lost, the token goes "
             "on by the residual connection. renormalise: the token's other experts share its weight.",
             Applies::live);
  }
};

// Whether each token chooses experts by their scores.
bool tokens_choose(const RouterParameters& router);

// What of a layer's router doesn't go together, or not with so many experts; `at` makes the path to be named
// ("router.k" -> "model.layer2.router.k").
std::vector<Problem> router_problems(const RouterParameters& router, std::int64_t experts,
                                     const std::function<std::string(const std::string&)>& at);

}  // namespace tessera
