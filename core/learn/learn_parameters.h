// The optimiser, AdamW (Loshchilov & Hutter 2019, algorithm 2).
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct LearnParameters {
  double rate = 1e-3;
  double weight_decay = 0.01;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double clip = 0;
  std::string combine = "loss";

  void describe(Describer& d) {
    d.real("rate", rate, {.min = 1e-6, .max = 1, .scale = Scale::logarithmic}, "", "Learning rate of AdamW.",
           Applies::live);
    d.real("weight_decay", weight_decay, {.min = 0, .max = 1}, "",
           "Each step shrinks all weights by rate x weight_decay, apart from the gradient.", Applies::live);
    d.real("beta1", beta1, {.min = 0, .max = 0.9999}, "", "Memory of the gradient's mean.", Applies::live);
    d.real("beta2", beta2, {.min = 0, .max = 0.999999}, "", "Memory of the gradient's square.", Applies::live);
    d.real("clip", clip, {.min = 0, .max = 1000}, "",
           "A gradient with a norm above it (over all parameters) is scaled down to it; 0: off. Each alpha of "
           "subspaces has a norm of its own.",
           Applies::live);
    d.choice(
        "combine", combine, {"loss", "mean", "pcgrad", "mgda", "cagrad", "aligned_mtl", "imtl_g", "upgrad"},
        "How the gradients of several tasks' mean losses become one. loss: that of the mean over all samples, in one "
        "backward pass. The others take a backward pass for each task, and weigh the gradients of all weights but "
        "alpha (which gets the mean) by their inner products. pcgrad: conflicting parts are projected out, and "
        "the rest averaged (Yu et al. 2020, who add it up). mgda: the shortest of their convex combinations (Desideri "
        "2012). cagrad: near "
        "the mean, best for the task that gains least, c = 0.5 (Liu et al. 2021). aligned_mtl: made orthogonal and "
        "equally long (Senushkin et al. 2023). imtl_g: with equal projections on each (Liu et al. 2021). upgrad: "
        "the mean of their projections on what hurts no task (Quinton & Rey 2024).",
        Applies::live, {"/task.kind", {"interference", "multitask"}});
  }
};

}  // namespace tessera
