// A small experiment's parameters, with every kind there is: live and rebuild, conditions, single layers, run.*.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/lab/parameter.h"

namespace tessera::test {

struct RouterParameters {
  std::string kind = "softmax";
  double temperature = 1;
  std::int64_t k = 2;
  bool jitter = false;
  double jitter_std = 0.1;

  void describe(Describer& d) {
    d.choice("kind", kind, {"softmax", "sigmoid", "sparsemax"}, "How logits become weights.", Applies::rebuild);
    d.real("temperature", temperature, {.min = 0.01, .max = 100, .scale = Scale::logarithmic}, "",
           "Divides the logits.", Applies::live);
    d.integer("k", k, {.min = 1, .max = 64}, "experts", "Experts that serve a token.", Applies::rebuild,
              {"kind", {"softmax", "sigmoid"}});
    d.boolean("jitter", jitter, "Adds noise.", Applies::live);
    d.real("jitter_std", jitter_std, {.min = 0, .max = 1}, "nats", "How much.", Applies::live, {"jitter", {"true"}});
  }
};

struct ModelParameters {
  std::int64_t depth = 4, width = 64;

  void describe(Describer& d) {
    d.integer("depth", depth, {.min = 1, .max = 16}, "layers", "MoE layers.", Applies::rebuild);
    d.integer("width", width, {.min = 8, .max = 4096, .scale = Scale::logarithmic}, "", "Width.", Applies::rebuild);
  }
};

struct TaskParameters {
  std::string path, order = "shuffled";
  std::int64_t batch = 128;

  void describe(Describer& d) {
    d.text("data.path", path, "Folder of the data.", Applies::rebuild);
    d.choice("order", order, {"shuffled", "sorted"}, "Order of the samples.", Applies::live);
    d.integer("batch", batch, {.min = 1, .max = 4096, .scale = Scale::logarithmic}, "samples", "Batch size.",
              Applies::live);
  }
};

struct RunParameters {
  std::int64_t seed = 0, steps = 10;
  double pace = 0;

  void describe(Describer& d) {
    d.integer("seed", seed, {.min = 0, .max = 2147483647}, "", "Of all randomness.", Applies::rebuild);
    d.integer("steps", steps, {.min = 1, .max = 1e9}, "steps", "Planned steps.", Applies::live);
    d.real("pace", pace, {.min = 0, .max = 1000}, "steps/s", "At most so fast; 0: as fast as it goes.", Applies::live);
  }
};

inline const ParameterTable& table() {
  static const auto made = [] {
    auto table = std::make_unique<ParameterTable>();
    table->add<ModelParameters>("model", "Model");
    table->add<RouterParameters>("model.router", "Router", true);
    table->add<TaskParameters>("task", "Task");
    table->add<RunParameters>("run", "Run");
    return table;
  }();
  return *made;
}

}  // namespace tessera::test
