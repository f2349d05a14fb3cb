// Ticks: round numbers within the axis, not too many, told apart by their labels.
#include "app/export/axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace tessera::test {
namespace {

std::vector<std::string> labels(double low, double high, int most, bool whole = false) {
  std::vector<std::string> found;
  for (const Tick& tick : ticks(low, high, most, whole)) found.push_back(tick.label);
  return found;
}

TEST(Axis, RoundNumbers) {
  using Labels = std::vector<std::string>;
  EXPECT_EQ(labels(0, 1, 6), (Labels{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(labels(-0.12, 0.11, 5), (Labels{"-0.10", "-0.05", "0.00", "0.05", "0.10"}));
  EXPECT_EQ(labels(0, 2.4, 7), (Labels{"0.0", "0.5", "1.0", "1.5", "2.0"}));
  EXPECT_EQ(labels(0, 3000, 7, true), (Labels{"0", "500", "1,000", "1,500", "2,000", "2,500", "3,000"}));
  EXPECT_EQ(labels(0, 3, 7, true), (Labels{"0", "1", "2", "3"}));
  EXPECT_EQ(labels(0, 2e6, 3), (Labels{"0", "1e+06", "2e+06"}));
  EXPECT_TRUE(labels(1, 1, 5).empty());
}

TEST(Axis, EveryRangeHasSomeTicksAndNotTooMany) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-9, 9), start(-2, 2);
  for (int i = 0; i < 20000; ++i) {
    const double span = std::pow(10, exponent(random)), low = span * start(random);
    const int most = 3 + i % 8;
    const auto found = ticks(low, low + span, most);
    ASSERT_LE(std::ssize(found), most);
    ASSERT_GE(std::ssize(found), 1) << low << " " << span << " " << most;
    std::set<std::string> names;
    for (const Tick& tick : found) {
      ASSERT_GE(tick.value, low - 1e-6 * span);
      ASSERT_LE(tick.value, low + span * (1 + 1e-6));
      ASSERT_NEAR(std::stod(tick.label), tick.value, 0.01 * span);
      names.insert(tick.label);
    }
    ASSERT_EQ(names.size(), found.size()) << low << " " << span;
  }
}

// Between neighbouring doubles there are no round numbers; and a count of them beyond 2^53 never ends.
TEST(Axis, ValuesThatHardlyDiffer) {
  for (const double low : {1.0, 2.079, -2.079, 1e-300, 5e15, 1e300}) {
    const double high = std::nextafter(low, 2e300);
    EXPECT_LE(labels(low, high, 7).size(), 7u) << low;
    const auto [from, to] = axis_range(low, high);
    EXPECT_LT(from, low);
    EXPECT_GT(to, high);
    const auto found = labels(from, to, 7);
    EXPECT_GE(found.size(), 2u) << low;
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size()) << low;
  }
  EXPECT_LE(labels(0, std::numeric_limits<double>::denorm_min(), 7).size(), 7u);
  EXPECT_LE(labels(-1e308, 0.7e308, 7).size(), 7u);
}

TEST(Axis, RangesHaveRoomAround) {
  EXPECT_EQ(axis_range(0, 2), std::pair(-0.1, 2.1));
  EXPECT_EQ(axis_range(0, 0), std::pair(-0.05, 0.05));
  EXPECT_EQ(axis_range(-20, -20), std::pair(-22.0, -18.0));
}

}  // namespace
}  // namespace tessera::test
