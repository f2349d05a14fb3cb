// What is learned, and how much of it at once.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct TaskParameters {
  std::string kind = "classification";
  std::int64_t batch_size = 128;
  std::int64_t drift = 0;

  void describe(Describer& d) {
    d.choice(
        "kind", kind, {"classification", "language", "interference", "multitask", "sequence"},
        "classification: images, each of a class. language: texts, byte by byte; from the bytes before it, the next "
        "one is predicted. interference: two tasks on the same inputs, of which one must answer 0 and the other 1. "
        "multitask: several questions about images. sequence: the classes of a data set, divided among tasks that are "
        "learned one after another (continual learning).",
        Applies::rebuild);
    d.integer("batch_size", batch_size, {.min = 1, .max = 4096, .scale = Scale::logarithmic}, "samples",
              "Images, or sequences of text, a step. Every epoch goes through the training set in a new random order.",
              Applies::rebuild);
    d.integer("drift", drift, {.min = 0, .max = 255}, "answers",
              "Drift of the data: of N answers, the right one is that of the data, moved on by so many, modulo N. "
              "Changed in the middle of a run, what was right is wrong from then on, in testing too.",
              Applies::live, {"kind", {"classification", "interference", "multitask"}});
  }
};

}  // namespace tessera
