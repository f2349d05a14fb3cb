// Experts as subspaces of one backbone (CDSP, seed 001; Zhang et al. 2025, arXiv 2512.20291): how alpha picks them, and
// what moves alpha.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct SubspaceParameters {
  std::int64_t backbone = 512;
  std::int64_t rank = 0;
  struct Alpha {
    std::string kind = "expert_by_dimension";
    double noise = 0.02;
    double temperature = 1;
    bool frozen = false;
    double rate = 0.05;
  } alpha;
  std::string mask = "sigmoid";
  std::string picking = "top_rank";
  bool straight_through = true;
  struct Conflict {
    double coefficient = 1;
    std::string between = "tasks";
  } conflict;
  double metabolic = 1e-4;
  double determinacy = 1e-3;

  // The dimensions that an expert gets, [1, backbone]. rank 0: backbone / sqrt(experts), rounded down.
  std::int64_t quota(std::int64_t experts) const;

  void describe(Describer& d) {
    const Condition subspaces{"/model.experts.kind", {"subspace"}};
    d.integer("backbone", backbone, {.min = 8, .max = 16384, .scale = Scale::logarithmic}, "dimensions",
              "Dimensions D of the total backbone: two matrices, width x D and D x width, that start orthogonal. No "
              "expert has parameters of its own.",
              Applies::rebuild, subspaces);
    d.integer("rank", rank, {.min = 0, .max = 16384}, "dimensions",
              "Rank quota: so many dimensions of the backbone an expert picks, those with its largest alpha. 0: "
              "backbone / sqrt(experts). At most the backbone.",
              Applies::live, subspaces);
    d.choice("alpha.kind", alpha.kind, {"expert_by_dimension", "expert_by_expert"},
             "What alpha is. expert_by_dimension: a number for each expert and dimension (seed 001). expert_by_expert: "
             "the dimensions are divided into a block for each expert, and alpha says how much one expert wants of "
             "another's block (the paper).",
             Applies::rebuild, subspaces);
    d.real("alpha.noise", alpha.noise, {.min = 0, .max = 1}, "",
           "Symmetry breaking: alpha starts with normal noise of this deviation.", Applies::rebuild, subspaces);
    d.real("alpha.temperature", alpha.temperature, {.min = 0.01, .max = 100, .scale = Scale::logarithmic}, "",
           "Divides alpha in the mask: low makes it hard.", Applies::live, subspaces);
    d.boolean("alpha.frozen", alpha.frozen, "Alpha stays as it started: random subspaces.", Applies::live, subspaces);
    d.real("alpha.rate", alpha.rate, {.min = 1e-6, .max = 1, .scale = Scale::logarithmic}, "",
           "Learning rate of alpha, which has an AdamW of its own, without weight decay.", Applies::live, subspaces);
    d.choice("mask", mask, {"sigmoid", "softmax", "mean"},
             "What a picked dimension is multiplied by. sigmoid: sigmoid(alpha / temperature). softmax: rank x the "
             "softmax over the picked. mean: the mean of the sigmoids over the picked, for all of them (the paper).",
             Applies::live, subspaces);
    d.choice("picking", picking, {"top_rank", "gumbel", "all"},
             "Which dimensions an expert works with. top_rank: the rank quota. gumbel: the same of alpha with Gumbel "
             "noise while training, a sample without replacement. all: every one, times its mask; nothing is cut off, "
             "all is differentiable.",
             Applies::live, subspaces);
    d.boolean(
        "straight_through", straight_through,
        "Alpha of a dimension that is not picked gets the gradient that it would get if it were, beside those that "
        "are; not with mask mean. Costs two products with the whole backbone in the backward pass.",
        Applies::live, subspaces);
    d.real(
        "conflict.coefficient", conflict.coefficient, {.min = 0, .max = 1000}, "",
        "Weight of the conflict in alpha's gradient: where gradients on a dimension oppose each other more than on "
        "the others, its alpha falls, for the one that is hurt more faster; alphas of the others rise. AdamW divides "
        "each alpha's gradient by that gradient's own size of late: what counts is how much of it is conflict, beside "
        "loss and penalties, and a coefficient beyond that changes nothing.",
        Applies::live, subspaces);
    d.choice("conflict.between", conflict.between, {"tasks", "experts"},
             "Whose gradients on a dimension are compared. tasks: those of the tasks, whose experts then let go of it "
             "(seed 001); with one task there is nothing to compare. experts: those of the experts that picked it (the "
             "paper).",
             Applies::live, subspaces);
    d.real("metabolic", metabolic, {.min = 0, .max = 100}, "",
           "Metabolic penalty: its weight times the mean of |alpha| is added to the loss. It draws alpha to 0, which "
           "is half "
           "open, from either side.",
           Applies::live, subspaces);
    d.real("determinacy", determinacy, {.min = 0, .max = 100}, "",
           "Determinacy penalty: its weight times the mean of s (1 - s), s = sigmoid(alpha), drives alpha away from 0.",
           Applies::live, subspaces);
  }
};

}  // namespace tessera
