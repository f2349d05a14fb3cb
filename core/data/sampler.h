// The order in which training samples come: every epoch through all of them, each time shuffled anew.
#pragma once

#include <vector>

#include "core/data/random.h"

namespace tessera {

class EpochSampler {
 public:
  EpochSampler(std::int64_t samples, std::int64_t seed);

  // The next indices, one an element of `into`; goes on into the next epoch where one ends.
  void next(std::span<std::int64_t> into);

  // All that the next indices depend on.
  struct State {
    Random::State random;
    std::vector<std::int32_t> order;
    std::int64_t position;  // in order
  };
  State state() const { return {random_.state(), order_, position_}; }
  // Throws InputError unless it is the state of a sampler of as many samples.
  void restore(State);

 private:
  Random random_;
  std::vector<std::int32_t> order_;
  std::int64_t position_ = 0;
};

}  // namespace tessera
