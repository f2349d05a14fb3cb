// How a run is carried out: seed, length, device, threads, pace.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct RunParameters {
  std::int64_t seed = 1;
  std::int64_t steps = 2000;
  std::string device = "auto";
  std::int64_t threads = 2;
  double pace = 0;

  void describe(Describer& d) {
    d.integer("seed", seed, {.min = 0, .max = 2147483647}, "",
              "Every random choice of the experiment (weights, order of the samples, probes) follows from it. The same "
              "seed gives the same figures, bit for bit, on the CPU of one machine.",
              Applies::rebuild);
    d.integer("steps", steps, {.min = 1, .max = 10'000'000, .scale = Scale::logarithmic}, "steps",
              "Length of the run: one step is one batch, forward and backward.", Applies::live);
    d.choice("device", device, {"auto", "cpu", "cuda"},
             "Where it is computed. auto: the GPU if there is one, else the CPU.", Applies::rebuild);
    d.integer("threads", threads, {.min = 1, .max = 256}, "threads",
              "CPU threads to compute with. Figures of runs with different numbers of threads may differ in the last "
              "bits.",
              Applies::rebuild);
    d.real("pace", pace, {.min = 0, .max = 10'000}, "steps/s",
           "At most so many steps a second in the window, so that a room can follow; 0: full speed. Runs without the "
           "window ignore it, and no figure depends on it.",
           Applies::live);
  }
};

}  // namespace tessera
