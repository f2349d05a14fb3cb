// What the encoder is trained on before a sequence of tasks begins.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct EncoderParameters {
  std::string data_name = "none";
  std::string data_path;
  std::int64_t steps = 1000;
  std::int64_t seed = 1;

  void describe(Describer& d) {
    const Condition on{"encoder.data.name", {"fashion-mnist", "mnist", "kmnist", "cifar-10", "cifar-100", "folder"}};
    d.choice(
        "encoder.data.name", data_name, {"none", "fashion-mnist", "mnist", "kmnist", "cifar-10", "cifar-100", "folder"},
        "Data set that the encoder is trained on before the first task, with images of the same shape, by a linear "
        "head that is thrown away. none: it isn't. What came of it is kept in the cache folder, so that it is "
        "trained once.",
        Applies::rebuild, {"/task.kind", {"sequence"}});
    d.text("encoder.data.path", data_path, "Its folder, as task.data.path.", Applies::rebuild, on);
    d.integer(
        "encoder.steps", steps, {.min = 1, .max = 1'000'000, .scale = Scale::logarithmic}, "steps",
        "Steps of that training, of 128 samples each, by AdamW with a rate of 0.001. They are not steps of the run.",
        Applies::rebuild, on);
    d.integer("encoder.seed", seed, {.min = 0, .max = 2147483647}, "",
              "Of that training; apart from run.seed, so that seeds share one encoder.", Applies::rebuild, on);
  }
};

}  // namespace tessera
