// A curve: smoothing against the definition, decimation against brute force, exports against text written by hand.
#include "app/panels/curve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace tessera {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double everything = 1e18;

Series series_of(const std::vector<Point>& points) {
  Series series;
  for (const Point& point : points) series.append(point);
  return series;
}

Series noise(std::size_t count, int every = 1) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  Series series;
  for (std::size_t i = 0; i < count; ++i) series.append({static_cast<std::int64_t>(i) * every, normal(random)});
  return series;
}

// The definition, summed anew for every point.
double weighted_mean(const Series& series, std::size_t last, double constant) {
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i <= last; ++i) {
    if (std::isnan(series[i].value)) continue;
    const double w = std::exp(-static_cast<double>(series[last].step - series[i].step) / constant);
    sum += w * series[i].value;
    weight += w;
  }
  return sum / weight;
}

TEST(Curve, SmoothingIsTheWeightedMeanOfItsDefinition) {
  const Series series = series_of({{0, 4}, {10, 2}, {20, nan}, {30, 8}, {100, -1}, {105, 0.5}});
  Curve curve;
  curve.update(series, 1, 25);
  for (const std::size_t i : {0u, 1u, 3u, 4u, 5u}) {
    EXPECT_NEAR(curve.at(static_cast<double>(series[i].step))->smoothed, weighted_mean(series, i, 25), 1e-12) << i;
  }
  EXPECT_TRUE(std::isnan(curve.at(20)->smoothed));
}

TEST(Curve, TwoPointsOneTimeConstantApart) {
  // (0 e^-1 + 1) / (e^-1 + 1), by hand.
  Curve curve;
  curve.update(series_of({{0, 0}, {10, 1}}), 1, 10);
  EXPECT_NEAR(curve.at(10)->smoothed, 0.7310585786300049, 1e-15);
}

TEST(Curve, WithoutSmoothingBothLinesAreTheValues) {
  const Series series = noise(100);
  Curve curve;
  curve.update(series, 1, 0);
  for (std::size_t i = 0; i < series.size(); ++i) {
    EXPECT_EQ(curve.at(static_cast<double>(i))->smoothed, series[i].value);
  }
}

TEST(Curve, GrowingPieceByPieceIsTheSameAsAtOnce) {
  const Series whole = noise(5000, 3);
  Curve grown, at_once;
  Series series;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    series.append(whole[i]);
    if (i % 7 == 0) grown.update(series, 1, 40);
  }
  grown.update(series, 1, 40);
  at_once.update(whole, 1, 40);
  ASSERT_EQ(grown.size(), at_once.size());
  for (std::size_t i = 0; i < whole.size(); i += 11) {
    const auto step = static_cast<double>(whole[i].step);
    EXPECT_EQ(grown.at(step)->smoothed, at_once.at(step)->smoothed);
  }
}

TEST(Curve, AnotherRunStartsAnew) {
  Curve curve;
  curve.update(series_of({{0, 1}, {1, 2}, {2, 3}}), 1, 10);
  curve.update(series_of({{0, 7}, {1, 7}, {2, 7}, {3, 7}}), 2, 10);
  EXPECT_EQ(curve.size(), 4u);
  EXPECT_NEAR(curve.at(3)->smoothed, 7, 1e-12);
}

TEST(Curve, PointsCutOffByARestoreAreForgotten) {
  Series series = series_of({{0, 1}, {10, 2}, {20, 3}, {30, 4}});
  Curve curve;
  curve.update(series, 1, 0);
  series.cut(15);
  curve.update(series, 1, 0);
  EXPECT_EQ(curve.size(), 2u);
  EXPECT_EQ(curve.at(100)->step, 10);
  // Cut and grown again to as many points as before, between two frames.
  series.append({20, 30});
  series.append({30, 40});
  curve.update(series, 1, 0);
  Series again = series;
  again.cut(15);
  again.append({25, -3});
  again.append({35, -4});
  curve.update(again, 1, 0);
  EXPECT_EQ(curve.at(100)->step, 35);
  EXPECT_EQ(curve.at(34)->value, -3);
}

TEST(Curve, AReadingIsTheNewestPointAtOrBefore) {
  Curve curve;
  curve.update(series_of({{10, 1}, {20, 2}}), 1, 0);
  EXPECT_FALSE(curve.at(9.9));
  EXPECT_EQ(curve.at(10)->value, 1);
  EXPECT_EQ(curve.at(19.99)->value, 1);
  EXPECT_EQ(curve.at(1e9)->step, 20);
}

class Decimation : public testing::TestWithParam<bool> {};

TEST_P(Decimation, StaysWithinItsBudgetAndKeepsTheExtremes) {
  const Series series = noise(100'000);
  Curve curve;
  curve.update(series, 1, 0);
  const Polyline line = curve.raw(0, 1e5, 300, GetParam());
  EXPECT_LE(line.x.size(), 330u);  // and a neighbour of each stretch
  EXPECT_GE(line.x.size(), 100u);
  double low = everything, high = -everything;
  for (std::size_t i = 0; i < series.size(); ++i) {
    low = std::min(low, series[i].value);
    high = std::max(high, series[i].value);
  }
  EXPECT_NEAR(line.lowest, low, 1e-6);  // the pyramid's extremes are single precision
  EXPECT_NEAR(line.highest, high, 1e-6);
}

TEST_P(Decimation, NeverGoesBack) {
  Curve curve;
  curve.update(noise(20'000, 3), 1, 12);
  for (const std::size_t points : {7u, 50u, 400u}) {
    const Polyline line = curve.smooth(1000, 50'000, points, GetParam());
    EXPECT_TRUE(std::is_sorted(line.x.begin(), line.x.end()));
    EXPECT_EQ(line.x.size(), line.y.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Axis, Decimation, testing::Bool());

TEST(Decimation, CoversWhatIsShownAndANeighbourOnEitherSide) {
  Curve curve;
  curve.update(series_of({{0, 1}, {10, 2}, {20, 3}, {30, 4}, {40, 5}}), 1, 0);
  const Polyline line = curve.raw(12, 31, 100, false);
  EXPECT_EQ(line.x, (std::vector<double>{10, 20, 30, 40}));
  EXPECT_EQ(line.y, (std::vector<double>{2, 3, 4, 5}));
}

TEST(Decimation, SmoothsFirst) {
  // Alternating +1 and -1: decimating first would leave extremes for the mean to be drawn through.
  Series series;
  for (int i = 0; i < 10'000; ++i) series.append({i, i % 2 == 0 ? 1.0 : -1.0});
  Curve curve;
  curve.update(series, 1, 200);
  const Polyline line = curve.smooth(5000, 10'000, 60, false);
  EXPECT_GT(line.lowest, -0.01);
  EXPECT_LT(line.highest, 0.01);
}

TEST(Decimation, AGapIsAGap) {
  Curve curve;
  curve.update(series_of({{0, 1}, {1, nan}, {2, 3}}), 1, 0);
  const Polyline line = curve.raw(0, 2, 100, false);
  ASSERT_EQ(line.y.size(), 3u);
  EXPECT_TRUE(std::isnan(line.y[1]));
  EXPECT_EQ(line.lowest, 1);
  EXPECT_EQ(line.highest, 3);
}

TEST(Decimation, NothingIsNothing) {
  Curve curve;
  EXPECT_TRUE(curve.raw(0, 10, 100, false).x.empty());
  EXPECT_FALSE(curve.at(5));
}

TEST(CurvesCsv, OneRowAStepAndEmptyCellsWhereASeriesHasNone) {
  const Series train = series_of({{0, 0.5}, {10, 0.25}, {20, 1e-300}});
  const Series test = series_of({{10, 0.1}, {30, nan}});
  EXPECT_EQ(curves_csv({{"accuracy/train", &train}, {"accuracy/test", &test}}),
            "step,accuracy/train,accuracy/test\n"
            "0,0.5,\n"
            "10,0.25,0.1\n"
            "20,1e-300,\n"
            "30,,nan\n");
}

TEST(CurvesCsv, QuotesWhatCsvNeeds) {
  const Series empty;
  EXPECT_EQ(curves_csv({{"a,b", &empty}, {"say \"hi\"", &empty}}), "step,\"a,b\",\"say \"\"hi\"\"\"\n");
}

TEST(CurvesCsv, NumbersReadBackExactly) {
  const Series series = noise(200);
  const std::string text = curves_csv({{"x", &series}});
  std::size_t at = text.find('\n') + 1;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::size_t comma = text.find(',', at);
    EXPECT_EQ(std::strtod(text.c_str() + comma + 1, nullptr), series[i].value);
    at = text.find('\n', at) + 1;
  }
  EXPECT_EQ(at, text.size());
}

}  // namespace
}  // namespace tessera
