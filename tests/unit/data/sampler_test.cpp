// The order of the samples: every epoch has all of them once, shuffled anew, and goes on from a saved state.
#include "core/data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/lab/problem.h"

namespace tessera {
namespace {

std::vector<std::int64_t> take(EpochSampler& sampler, std::size_t count) {
  std::vector<std::int64_t> indices(count);
  sampler.next(indices);
  return indices;
}

TEST(EpochSampler, EveryEpochHasEachSampleOnce) {
  EpochSampler sampler(10, 1);
  std::vector<std::int64_t> all;
  for (int i = 0; i < 10; ++i) {  // batches of 3: epochs end within batches
    for (const std::int64_t index : take(sampler, 3)) all.push_back(index);
  }
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<std::int64_t> seen(all.begin() + 10 * epoch, all.begin() + 10 * (epoch + 1));
    std::sort(seen.begin(), seen.end());
    for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  }
  EXPECT_FALSE(std::equal(all.begin(), all.begin() + 10, all.begin() + 10)) << "not shuffled anew";
}

TEST(EpochSampler, SeedDecides) {
  EpochSampler a(100, 1), b(100, 1), c(100, 2);
  const auto first = take(a, 100);
  EXPECT_EQ(first, take(b, 100));
  EXPECT_NE(first, take(c, 100));
}

TEST(EpochSampler, GoesOnFromItsState) {
  EpochSampler a(10, 1), b(10, 2);
  take(a, 7);
  b.restore(a.state());
  EXPECT_EQ(take(a, 25), take(b, 25));
}

TEST(EpochSampler, RefusesStatesThatAreNotItsOwn) {
  EpochSampler sampler(4, 1);
  const auto good = sampler.state();
  const auto refused = [&](auto change) {
    auto state = good;
    change(state);
    EXPECT_THROW(sampler.restore(state), InputError);
  };
  refused([](auto& state) { state.order = {0, 1, 2}; });
  refused([](auto& state) { state.order = {0, 1, 2, 2}; });
  refused([](auto& state) { state.order = {0, 1, 2, 4}; });
  refused([](auto& state) { state.order = {0, 1, 2, -1}; });
  refused([](auto& state) { state.position = 5; });
  refused([](auto& state) { state.position = -1; });
  refused([](auto& state) { state.random = {}; });
  EXPECT_EQ(sampler.state().order, good.order) << "a refused state changed it";
}

}  // namespace
}  // namespace tessera
