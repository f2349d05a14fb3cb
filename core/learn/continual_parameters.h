// How tasks are learned one after another: what stays as it is, and what is done against forgetting.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ContinualParameters {
  std::string loss_over = "seen";
  std::string method = "none";
  struct Ewc {
    double strength = 100;
    std::int64_t samples = 200;
  } ewc;
  struct Lwf {
    double strength = 1;
    double temperature = 2;
  } lwf;
  std::int64_t replay_per_class = 10;
  std::string encoder = "trained";
  bool freeze_experts = false;
  struct Router {
    std::string freedom = "trainable";
    double rate = 0.01;
    std::int64_t warm_up = 50;
  } router;

  void describe(Describer& d) {
    const Condition sequence{"/task.kind", {"sequence"}};
    d.choice("loss_over", loss_over, {"all", "seen", "task"},
             "Which classes compete in the training loss. all: every class of the data set. seen: those of the tasks "
             "that have begun. task: those of the task that is learned now, which makes one linear head as many heads "
             "as there are tasks. Tiles that are routed by label have losses of their own.",
             Applies::live, sequence);
    d.choice("method", method, {"none", "ewc", "lwf", "replay"},
             "What is done against forgetting. ewc: elastic weight consolidation, weights that mattered to earlier "
             "tasks are held (Kirkpatrick et al. 2017). lwf: learning without forgetting, the model as it was before "
             "the task is imitated on the task's samples (Li & Hoiem 2016). replay: samples of earlier tasks are kept "
             "and learned along, as many a step as of the task.",
             Applies::rebuild, sequence);
    d.real("ewc.strength", ewc.strength, {.min = 0, .max = 1e7}, "",
           "Weight of half the sum of F (w - w*)^2 over weights and earlier tasks, F the Fisher information at the end "
           "of the task, w* the weight then.",
           Applies::live, {"method", {"ewc"}});
    d.integer("ewc.samples", ewc.samples, {.min = 1, .max = 100'000, .scale = Scale::logarithmic}, "samples",
              "Training samples of a task that its Fisher information is estimated from, each with an answer drawn "
              "from the model's own probabilities. One backward pass a sample.",
              Applies::live, {"method", {"ewc"}});
    d.real("lwf.strength", lwf.strength, {.min = 0, .max = 1000}, "",
           "Weight of the cross entropy with the answers of the model as it was before the task.", Applies::live,
           {"method", {"lwf"}});
    d.real("lwf.temperature", lwf.temperature, {.min = 0.1, .max = 100}, "",
           "Divides the logits of both first, and its square multiplies the loss (Hinton et al. 2015).", Applies::live,
           {"method", {"lwf"}});
    d.integer("replay.per_class", replay_per_class, {.min = 1, .max = 10'000, .scale = Scale::logarithmic}, "samples",
              "Training samples that are kept of each class of earlier tasks.", Applies::rebuild,
              {"method", {"replay"}});
    d.choice(
        "encoder", encoder, {"trained", "frozen_after_first", "frozen"},
        "trained: the encoder learns from all tasks; only then can tiles of their own forget. frozen_after_first: "
        "from the first. frozen: from none; see task.encoder. What a frozen encoder makes of the images is computed "
        "once.",
        Applies::rebuild, sequence);
    d.boolean("freeze_experts", freeze_experts,
              "After each task, the expert of the head that had most of the router's weight on the task's last batch, "
              "of those still free, stays as it is from then on; of tiles, those that have no class of the task that "
              "is learned; where one has just its classes, all others. Frozen weights are left out by the optimiser.",
              Applies::rebuild, {"/model.head.kind", {"experts", "tiles"}});
    d.choice("router.freedom", router.freedom,
             {"trainable", "frozen", "frozen_after_first", "reinitialised", "slow", "frozen_after_warm_up"},
             "How free routers are while tasks come one after another. frozen: as they started. frozen_after_first: "
             "after the first task. reinitialised: drawn anew when a task begins. slow: a learning rate times "
             "router.rate. frozen_after_warm_up: after the first steps.",
             Applies::live, sequence);
    d.real("router.rate", router.rate, {.min = 1e-6, .max = 1, .scale = Scale::logarithmic}, "",
           "Multiplies the learning rate of routers.", Applies::live, {"router.freedom", {"slow"}});
    d.integer("router.warm_up", router.warm_up, {.min = 1, .max = 1'000'000, .scale = Scale::logarithmic}, "steps",
              "Steps of the run after which routers stay as they are.", Applies::live,
              {"router.freedom", {"frozen_after_warm_up"}});
  }
};

}  // namespace tessera
