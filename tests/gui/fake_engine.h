// A study without training: an engine for GUI tests whose figures look like an experiment's and follow from step and
// parameters alone, and which fails when told to. It has the metrics of the real one by name.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/lab/engine.h"

namespace tessera::test {

// What a test and its engine tell each other; outlives both. Any thread.
struct Script {
  std::atomic<std::int64_t> fail_at{-1};       // this step throws a TrainingError
  std::atomic<std::int64_t> nan_at{-1};        // the loss of this step is NaN
  std::atomic<bool> hold_build{false};         // build takes until this is false again
  std::atomic<bool> tell_build{false};         // and says what it is at: it can be given up
  std::atomic<bool> refuse_build{false};       // and throws an InputError
  std::atomic<std::int64_t> refuse_depth{-1};  // so does one with this model.depth
  std::atomic<bool> refuse_changes{false};     // apply throws an InputError
  std::atomic<int> step_us{8000};              // time a step takes, in microseconds
  std::atomic<bool> hold{false};               // a step takes until this is false again
  std::atomic<int> builds{0}, applied{0};
  std::atomic<int> alive{0}, stepping{0};       // engines; those in the middle of a step
  std::atomic<double> temperature{0};           // in force in the engine, as it heard last
  std::string score() const;                    // of the router, likewise
  std::string layout() const;                   // of the tiles, likewise
  std::vector<std::vector<int>> tiles() const;  // in force: a new layout is, when the next task of a sequence begins

 private:
  friend class FakeEngine;
  mutable std::mutex mutex_;
  std::string score_, layout_;
  std::vector<std::vector<int>> tiles_;
};

std::unique_ptr<Engine> make_fake_engine(std::shared_ptr<Script>);

}  // namespace tessera::test
