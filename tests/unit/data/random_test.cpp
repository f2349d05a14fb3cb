// The experiment's generator, against the published algorithms and by its properties.
#include "core/data/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace tessera {
namespace {

// First outputs of xoshiro256++ from the state {1, 2, 3, 4}: the known answers of the rand_xoshiro crate, which follow
// from the authors' C code.
TEST(Random, IsXoshiro256PlusPlus) {
  Random random(Random::State{1, 2, 3, 4});
  for (const std::uint64_t expected : {41943041ull, 58720359ull, 3588806011781223ull, 3591011842654386ull,
                                       9228616714210784205ull, 9973669472204895162ull, 14011001112246962877ull,
                                       12406186145184390807ull, 15849039046786891736ull, 10450023813501588000ull}) {
    EXPECT_EQ(random.bits(), expected);
  }
}

TEST(Random, DependsOnSeedAndName) {
  const auto first = [](std::int64_t seed, const char* name) { return Random(seed, name).bits(); };
  EXPECT_EQ(first(1, "a"), first(1, "a"));
  EXPECT_NE(first(1, "a"), first(2, "a"));
  EXPECT_NE(first(1, "a"), first(1, "b"));
  EXPECT_NE(first(0, ""), 0u);
}

TEST(Random, GoesOnFromItsState) {
  Random random(7, "x");
  random.bits();
  Random copy(random.state());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(random.bits(), copy.bits());
}

TEST(Random, UniformFillsItsInterval) {
  Random random(1, "uniform");
  double sum = 0, least = 1, most = 0;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform();
    sum += u;
    least = std::min(least, u);
    most = std::max(most, u);
  }
  EXPECT_GE(least, 0);
  EXPECT_LT(most, 1);
  EXPECT_NEAR(sum / n, 0.5, 5 * 0.2887 / 316.2);  // five standard errors
  EXPECT_LT(least, 1e-3);
  EXPECT_GT(most, 1 - 1e-3);
}

TEST(Random, BelowIsEven) {
  Random random(1, "below");
  std::vector<int> counts(6);
  for (int i = 0; i < 60'000; ++i) ++counts[random.below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 5 * 91.3);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, ShufflesEveryOrderAlike) {
  Random random(1, "shuffle");
  std::vector<int> counts(24);
  for (int i = 0; i < 48'000; ++i) {
    std::vector<std::int32_t> items = {0, 1, 2, 3};
    random.shuffle(items);
    std::vector<std::int32_t> sorted = items;
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(sorted, (std::vector<std::int32_t>{0, 1, 2, 3}));
    int rank = 0;  // of the permutation: Lehmer code
    for (int a = 0; a < 4; ++a) {
      int smaller = 0;
      for (int b = a + 1; b < 4; ++b)
        smaller += items[static_cast<std::size_t>(b)] < items[static_cast<std::size_t>(a)];
      rank = rank * (4 - a) + smaller;
    }
    ++counts[static_cast<std::size_t>(rank)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 2'000, 5 * 43.8);
}

}  // namespace
}  // namespace tessera
