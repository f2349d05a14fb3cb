// Verdicts: by hand, and against trying many numbers of the interval.
#include "core/lab/verdict.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace tessera::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Prediction is(Comparison comparison, double low, double high) { return {comparison, low, high}; }
Prediction is(Comparison comparison, double value) { return {comparison, value, value}; }

TEST(Verdict, ByHand) {
  const std::vector<double> values = {1, 2, 3, 4, 5};  // 3 -+ 1.9632: 1.0368 to 4.9632
  const std::pair<Prediction, Verdict> cases[] = {
      {is(Comparison::less, 5), Verdict::reproduced},
      {is(Comparison::less, 4.9), Verdict::undecided},
      {is(Comparison::less, 3.1), Verdict::undecided},  // the mean satisfies it
      {is(Comparison::less, 1.1), Verdict::undecided},
      {is(Comparison::less, 1), Verdict::refuted},
      {is(Comparison::greater, 1), Verdict::reproduced},
      {is(Comparison::greater, 1.1), Verdict::undecided},
      {is(Comparison::greater, 5), Verdict::refuted},
      {is(Comparison::less_equal, 5), Verdict::reproduced},
      {is(Comparison::greater_equal, 5), Verdict::refuted},
      {is(Comparison::between, 1, 5), Verdict::reproduced},
      {is(Comparison::between, 1.1, 5), Verdict::undecided},
      {is(Comparison::between, 2, 4), Verdict::undecided},  // within the interval: some of it satisfies it
      {is(Comparison::between, 5, 9), Verdict::refuted},
      {is(Comparison::between, -3, 1), Verdict::refuted},
  };
  for (const auto& [predicted, verdict] : cases) {
    const Ruling ruling = rule(predicted, values, 5);
    EXPECT_EQ(ruling.verdict, verdict) << predicted.text();
    EXPECT_EQ(ruling.reason.empty(), verdict != Verdict::undecided) << predicted.text();
    EXPECT_DOUBLE_EQ(*ruling.mean, 3);
    EXPECT_NEAR(ruling.interval->low, 1.0367568, 1e-6);
  }
}

TEST(Verdict, ExactlyAtTheThreshold) {
  const std::vector<double> zeros(3, 0.0);  // the interval is the point 0
  EXPECT_EQ(rule(is(Comparison::less, 0), zeros, 3).verdict, Verdict::refuted);
  EXPECT_EQ(rule(is(Comparison::less_equal, 0), zeros, 3).verdict, Verdict::reproduced);
  EXPECT_EQ(rule(is(Comparison::greater, 0), zeros, 3).verdict, Verdict::refuted);
  EXPECT_EQ(rule(is(Comparison::greater_equal, 0), zeros, 3).verdict, Verdict::reproduced);
  EXPECT_EQ(rule(is(Comparison::between, 0, 0), zeros, 3).verdict, Verdict::reproduced);
}

TEST(Verdict, TooLittleToTell) {
  const Prediction predicted = is(Comparison::less, 100);
  const Ruling few = rule(predicted, std::vector<double>{1, 1, 1}, 5);
  EXPECT_EQ(few.verdict, Verdict::undecided);
  EXPECT_EQ(few.reason, "3 seeds; the claim asks for 5");
  EXPECT_TRUE(few.interval);
  const Ruling single = rule(predicted, std::vector<double>{1}, 1);
  EXPECT_EQ(single.verdict, Verdict::undecided);
  EXPECT_EQ(single.reason, "one value has no interval");
  EXPECT_EQ(single.mean, 1);
  EXPECT_FALSE(single.interval);
  const Ruling none = rule(predicted, {}, 2);
  EXPECT_EQ(none.verdict, Verdict::undecided);
  EXPECT_FALSE(none.mean);
}

TEST(Verdict, NotFinite) {
  for (const double bad : {nan, infinity, -infinity}) {
    const Ruling ruling = rule(is(Comparison::less, 100), std::vector<double>{1, bad, 1}, 2);
    EXPECT_EQ(ruling.verdict, Verdict::undecided);
    EXPECT_EQ(ruling.reason, "a value is not a finite number");
    EXPECT_FALSE(ruling.mean);
    EXPECT_FALSE(ruling.interval);
  }
  const Ruling large = rule(is(Comparison::less, 0), std::vector<double>{-1e308, 1.7e308, 1.7e308}, 2);
  EXPECT_EQ(large.verdict, Verdict::undecided);
}

TEST(Verdict, AgreesWithTryingManyNumbersOfTheInterval) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal(0, 1);
  int seen[3] = {};
  for (int i = 0; i < 5000; ++i) {
    std::vector<double> values(2 + random() % 8);
    const double centre = 3 * normal(random);
    for (double& x : values) x = centre + normal(random);
    Prediction predicted{static_cast<Comparison>(random() % 5), 3 * normal(random), 0};
    predicted.high = predicted.low;
    if (predicted.comparison == Comparison::between) predicted.high += 6 * std::fabs(normal(random));
    const Ruling ruling = rule(predicted, values, 2);
    const auto satisfies = [&](double x) {
      switch (predicted.comparison) {
        case Comparison::less:
        case Comparison::less_equal:  // apart from the threshold itself
          return x < predicted.low;
        case Comparison::greater:
        case Comparison::greater_equal:
          return x > predicted.low;
        case Comparison::between:
          break;
      }
      return predicted.low <= x && x <= predicted.high;
    };
    int good = 0;
    constexpr int tried = 2001;
    std::vector<double> numbers = {predicted.low, predicted.high};
    for (int k = 0; k < tried; ++k) {
      numbers.push_back(ruling.interval->low + (ruling.interval->high - ruling.interval->low) * k / (tried - 1));
    }
    int inside = 0;
    for (const double x : numbers) {
      if (x < ruling.interval->low || x > ruling.interval->high) continue;
      ++inside;
      good += satisfies(x);
    }
    const Verdict expected = good == inside ? Verdict::reproduced : good == 0 ? Verdict::refuted : Verdict::undecided;
    EXPECT_EQ(ruling.verdict, expected) << predicted.text() << " in " << ruling.interval->low << " to "
                                        << ruling.interval->high;
    ++seen[static_cast<int>(ruling.verdict)];
  }
  for (const int count : seen) EXPECT_GT(count, 500);
}

}  // namespace
}  // namespace tessera::test
