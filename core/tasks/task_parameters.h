// What is learned, and how much of it at once.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct TaskParameters {
  std::string kind = "classification";
  std::int64_t batch_size = 128;

  void describe(Describer& d) {
    d.choice(
        "kind", kind, {"classification", "language", "interference"},
        "classification: images, each of a class. language: texts, byte by byte; from the bytes before it, the next "
        "one is predicted. interference: two tasks on the same inputs, of which one must answer 0 and the other 1.",
        Applies::rebuild);
    d.integer("batch_size", batch_size, {.min = 1, .max = 4096, .scale = Scale::logarithmic}, "samples",
              "Images, or sequences of text, a step. Every epoch goes through the training set in a new random order.",
              Applies::rebuild);
  }
};

}  // namespace tessera
