#include "core/data/sampler.h"

#include <numeric>
#include <string>

#include "core/lab/problem.h"

namespace tessera {

EpochSampler::EpochSampler(std::int64_t samples, std::int64_t seed)
    : random_(seed, "sample order"), order_(static_cast<std::size_t>(samples)) {
  std::iota(order_.begin(), order_.end(), 0);
  random_.shuffle(order_);
}

void EpochSampler::next(std::span<std::int64_t> into) {
  for (std::int64_t& index : into) {
    if (position_ == static_cast<std::int64_t>(order_.size())) {
      random_.shuffle(order_);
      position_ = 0;
    }
    index = order_[static_cast<std::size_t>(position_++)];
  }
}

void EpochSampler::restore(State state) {
  const auto bad = [](const std::string& found) {
    throw InputError({{"checkpoint: order of the samples", found, "a checkpoint of this experiment"}});
  };
  if (state.order.size() != order_.size()) {
    bad(std::to_string(state.order.size()) + " samples instead of " + std::to_string(order_.size()));
  }
  std::vector<bool> seen(order_.size(), false);
  for (const std::int32_t index : state.order) {
    if (index < 0 || static_cast<std::size_t>(index) >= seen.size() || seen[static_cast<std::size_t>(index)]) {
      bad("not a permutation");
    }
    seen[static_cast<std::size_t>(index)] = true;
  }
  if (state.position < 0 || state.position > static_cast<std::int64_t>(order_.size())) bad("a position outside");
  if (state.random == Random::State{}) bad("an impossible random state");
  random_ = Random(state.random);
  order_ = std::move(state.order);
  position_ = state.position;
}

}  // namespace tessera
