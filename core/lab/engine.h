// All that a session knows of training. No LibTorch type crosses this line; tests drive the session with a fake one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/metric.h"
#include "core/lab/preset.h"

namespace tessera {

// What a built experiment is: fixed until the next build.
struct Description {
  std::vector<MetricSpec> metrics;  // a metric is named by its index here
  int layers = 0;                   // routed layers: the MoE layers, then the tiles of a mosaic head if there is one
  std::vector<std::string> layer_names;  // "layer 0", ..., "tiles"
  std::vector<int> experts;              // experts of each routed layer
  std::vector<std::string> classes;      // names of the classes
  std::vector<std::string> groups;       // names of the groups that conflict is measured between
  std::vector<std::vector<int>> tiles;   // the classes of each tile; empty without a mosaic head
  std::string device;                    // "cpu, 2 threads" or the GPU's name
};

// Where a step writes the metrics that are due. Valid only during the call.
class Telemetry {
 public:
  virtual ~Telemetry() = default;
  virtual void scalar(std::size_t metric, double value) = 0;
  virtual void matrix(std::size_t metric, Matrix value) = 0;
};

// Named binary parts of a checkpoint.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void write(std::string_view name, std::span<const std::byte> bytes) = 0;
};
class Reader {
 public:
  virtual ~Reader() = default;
  virtual std::vector<std::byte> read(std::string_view name) = 0;  // throws InputError when there is none
};

// What a layer's router was given in the last step: for a panel that looks at single tokens.
struct LayerLogits {
  std::int64_t tokens = 0, width = 0;  // none before the first step, and for layers without logits (tiles)
  std::vector<float> logits;           // [tokens, width]
  std::vector<int> labels;             // of the tokens: index of their class
  std::vector<float> bias{};           // [experts]: of the selection, as it is now; empty: none is in force
};

// What a build that takes long is at ("training the encoder"), and how much of that is done, 0 to 1.
using BuildProgress = std::function<void(std::string_view doing, double done)>;

class Engine {
 public:
  virtual ~Engine() = default;
  // Whom builds tell from now on, now and then, in build()'s thread; memory_bytes() may be called from within it. What
  // it throws ends the build.
  virtual void watch(BuildProgress /*progress*/) {}
  // May be called again: the old experiment is replaced, or kept whole when build throws (InputError for bad input).
  virtual Description build(const Preset&) = 0;
  // Computes step number `step` (from 0) and writes the metrics that are due after it. `last`: the run ends with this
  // step, so that everything due "at the end" is written. Throws TrainingError.
  virtual void step(std::int64_t step, bool last, Telemetry&) = 0;
  // A live parameter took a new value (checked already); `parameters` are all values now in force. Throws InputError,
  // and changes nothing, where only the data tell that it can't be.
  virtual void apply(const Parameters& parameters) = 0;
  // Everything that the next step depends on: weights, optimiser, random state, data position.
  virtual void save(Writer&) const = 0;
  virtual void restore(Reader&) = 0;
  // Of the first tokens of the last step's batch.
  virtual LayerLogits layer_logits(int /*layer*/, std::int64_t /*most_tokens*/) const { return {}; }
  virtual std::uint64_t memory_bytes() const = 0;  // device memory on a GPU, else the process's resident memory
};

}  // namespace tessera
