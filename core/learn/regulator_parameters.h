// Weak reinforcement learning on alpha (CDSP, seed 001, "alpha as a controlled variable").
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct RegulatorParameters {
  std::string kind = "none";
  std::int64_t every = 50;
  std::int64_t samples = 512;
  std::string reward = "improvement";
  std::string controls = "all";
  double factor = 2;
  double exploration = 0.1;
  double memory = 0.9;

  void describe(Describer& d) {
    const Condition subspaces{"/model.experts.kind", {"subspace"}};
    const Condition on{"kind", {"ucb", "thompson", "policy_gradient"}};
    d.choice(
        "kind", kind, {"none", "ucb", "thompson", "policy_gradient"},
        "Who moves the controls of alpha, at long intervals: each has three settings, of more sharing, as the preset "
        "has it, and of less. ucb: the one with the highest upper confidence bound (discounted: Garivier & Moulines "
        "2011). thompson: the one with the best draw from what is believed of it. policy_gradient: drawn from "
        "probabilities that rewards move (Williams 1992, REINFORCE; the baseline is the reward before).",
        Applies::rebuild, subspaces);
    d.integer("every", every, {.min = 1, .max = 100'000, .scale = Scale::logarithmic}, "steps",
              "Steps between two decisions, after which the reward is counted.", Applies::live, on);
    d.integer("samples", samples, {.min = 1, .max = 1'000'000, .scale = Scale::logarithmic}, "samples",
              "The last so many test samples, half of all at most, are its validation set. Figures of tests leave them "
              "out.",
              Applies::live, on);
    d.choice("reward", reward, {"improvement", "stability"},
             "improvement: by what share the validation loss fell since the decision. stability: minus the relative "
             "deviation of the last four validation losses.",
             Applies::live, on);
    d.choice(
        "controls", controls, {"all", "quota", "temperature", "penalty"},
        "What it moves: the rank quota (more dimensions: more sharing), alpha's temperature (higher: softer masks), "
        "the metabolic penalty (stronger: alpha nearer to half open, experts more alike), or all three, each by a "
        "learner of its own with the same reward. With picking all there is no quota to move, with a metabolic "
        "penalty of 0 none.",
        Applies::live, on);
    d.real("factor", factor, {.min = 1, .max = 16, .scale = Scale::logarithmic}, "",
           "Settings for more and less sharing are the preset's times and divided by it.", Applies::live, on);
    d.real("exploration", exploration, {.min = 0, .max = 10}, "",
           "ucb: factor of the confidence bound. thompson: deviation that one reward is believed to have. "
           "policy_gradient: learning rate.",
           Applies::live, on);
    d.real("memory", memory, {.min = 0, .max = 1}, "",
           "What is left of a reward's weight after the next decision: below 1, what no longer holds is forgotten.",
           Applies::live, on);
  }
};

}  // namespace tessera
