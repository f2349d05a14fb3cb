// Router saturation over a run: hand-worked values, and how moments are kept.
#include "core/measure/choice_history.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/measure/formulas.h"

namespace tessera {
namespace {

TEST(Saturation, ByHand) {
  const at::Tensor then =
      at::tensor({1., 1., 0., 0., /**/ 0., 1., 1., 0., /**/ 1., 0., 0., 0.}, at::kDouble).view({3, 4});
  const at::Tensor now =
      at::tensor({.5, .5, 0., 0., /**/ .9, 0., .1, 0., /**/ 0., .2, .2, .6}, at::kDouble).view({3, 4});
  EXPECT_NEAR(saturation(then, now), (1 + 0.5 + 0) / 3, 1e-12);
  EXPECT_NEAR(saturation(now, then), (1 + 0.5 + 0) / 3, 1e-12);
  EXPECT_NEAR(saturation(now, now), 1, 1e-12);
}

// One token of four experts that chooses one.
at::Tensor choice(int expert) { return at::one_hot(at::tensor({expert}, at::kLong), 4).to(at::kFloat); }

TEST(ChoiceHistory, ComparesWithTheTimeBefore) {
  ChoiceHistory history(1, 4);
  EXPECT_TRUE(std::isnan(history.pairs()[0][0].item<double>()));
  EXPECT_TRUE(std::isnan(history.add(0, choice(1))));
  EXPECT_EQ(history.add(10, choice(1)), 1);
  EXPECT_EQ(history.add(20, choice(2)), 0);
  EXPECT_EQ(history.add(30, choice(2)), 1);
}

TEST(ChoiceHistory, PairsAreOfTheNearestMoments) {
  ChoiceHistory history(1, 4);
  for (int i = 0; i <= 10; ++i) history.add(10 * i, choice(i < 4 ? 1 : 2));
  const at::Tensor pairs = history.pairs();
  for (int i = 0; i < ChoiceHistory::shares; ++i) {
    for (int j = 0; j < ChoiceHistory::shares; ++j) {
      EXPECT_EQ(pairs[i][j].item<double>(), (i < 4) == (j < 4) ? 1 : 0) << i << " " << j;
    }
  }
}

TEST(ChoiceHistory, KeepsMomentsOfTheWholeRun) {
  ChoiceHistory history(1, 4);
  for (int i = 0; i < 1000; ++i) {
    history.add(i, choice(i < 500 ? 0 : 3));
    const auto kept = history.counts[0].item<std::int64_t>(), stride = history.counts[2].item<std::int64_t>();
    ASSERT_LE(kept, ChoiceHistory::most_moments);
    for (std::int64_t m = 0; m < kept; ++m) ASSERT_EQ(history.steps[m].item<std::int64_t>(), m * stride);
    ASSERT_GE(kept * stride, i);
  }
  const at::Tensor last = history.pairs().select(1, ChoiceHistory::shares - 1);
  EXPECT_EQ(last[0].item<double>(), 0);
  EXPECT_EQ(last[4].item<double>(), 0);
  EXPECT_EQ(last[6].item<double>(), 1);
  EXPECT_EQ(last[10].item<double>(), 1);
}

}  // namespace
}  // namespace tessera
