// Mean, deviation and interval against hand-worked values, closed forms, and how often the interval holds the mean.
#include "core/lab/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

namespace tessera::test {
namespace {

TEST(Statistics, MeanAndDeviationByHand) {
  const std::vector<double> values = {2, 4, 4, 4, 5, 5, 7, 9};  // mean 5, sum of squares 32
  EXPECT_DOUBLE_EQ(mean(values), 5);
  EXPECT_DOUBLE_EQ(standard_deviation(values), std::sqrt(32.0 / 7));
}

TEST(Statistics, EqualValuesHaveNoWidth) {
  for (const double x : {0.1, 1e-300, 1e300, -0.7}) {
    const std::vector<double> values(7, x);
    EXPECT_EQ(mean(values), x);
    EXPECT_EQ(standard_deviation(values), 0);
    EXPECT_EQ(interval_of_mean(values).low, x);
    EXPECT_EQ(interval_of_mean(values).high, x);
  }
}

TEST(Statistics, QuantilesOfTheTables) {
  // Percentage points of the t distribution, P = .975 (Fisher & Yates 1938, table III).
  const std::pair<int, double> table[] = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},  {5, 2.571},
                                          {9, 2.262},  {19, 2.093}, {29, 2.045}, {120, 1.980}};
  for (const auto& [degrees, quantile] : table) EXPECT_NEAR(student_t_quantile(0.975, degrees), quantile, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.95, 4), 2.132, 5e-4);
}

TEST(Statistics, QuantilesInClosedForm) {
  for (const double p : {0.6, 0.9, 0.975, 0.999}) {
    EXPECT_NEAR(student_t_quantile(p, 1), std::tan(std::numbers::pi * (p - 0.5)), 1e-9);  // Cauchy
    EXPECT_NEAR(student_t_quantile(p, 2), (2 * p - 1) / std::sqrt(2 * p * (1 - p)), 1e-9);
    EXPECT_NEAR(student_t_quantile(1 - p, 7), -student_t_quantile(p, 7), 1e-9);
  }
}

TEST(Statistics, IntervalByHand) {
  // Mean 3, s^2 = 10/4, t(.975, 4) = 2.776445: 3 -+ 2.776445 sqrt(2.5 / 5)
  const Interval interval = interval_of_mean(std::vector<double>{1, 2, 3, 4, 5});
  EXPECT_NEAR(interval.low, 3 - 2.776445 * std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(interval.high, 3 + 2.776445 * std::sqrt(0.5), 1e-6);
  // Two values: mean -+ 12.7062 |a - b| / 2
  const Interval two = interval_of_mean(std::vector<double>{0, 2});
  EXPECT_NEAR(two.high, 1 + 12.7062047, 1e-6);
}

TEST(Statistics, ShiftAndScaleMoveTheIntervalAlong) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(0, 1);
  for (int i = 0; i < 200; ++i) {
    std::vector<double> values(2 + random() % 9), moved;
    for (double& x : values) x = normal(random);
    for (const double x : values) moved.push_back(3 * x - 7);
    const Interval a = interval_of_mean(values), b = interval_of_mean(moved);
    EXPECT_NEAR(b.low, 3 * a.low - 7, 1e-9);
    EXPECT_NEAR(b.high, 3 * a.high - 7, 1e-9);
    EXPECT_LE(a.low, mean(values));
    EXPECT_GE(a.high, mean(values));
  }
}

TEST(Statistics, NinetyFiveOfAHundredIntervalsHoldTheMean) {
  std::mt19937_64 random(11);
  for (const std::size_t n : {2u, 5u, 10u}) {
    std::normal_distribution<double> normal(4, 2);
    int held = 0;
    constexpr int trials = 20'000;  // the share's standard deviation is .0015
    for (int i = 0; i < trials; ++i) {
      std::vector<double> values(n);
      for (double& x : values) x = normal(random);
      const Interval interval = interval_of_mean(values);
      held += interval.low <= 4 && 4 <= interval.high;
    }
    EXPECT_NEAR(held / static_cast<double>(trials), 0.95, 0.0075) << n;
  }
}

}  // namespace
}  // namespace tessera::test
