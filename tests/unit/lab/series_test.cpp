// Series and pyramids against the plainest possible versions of themselves.
#include "core/lab/series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

namespace tessera::test {
namespace {

void expect_same(const Series& series, const std::vector<Point>& plain) {
  ASSERT_EQ(series.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    ASSERT_EQ(series[i].step, plain[i].step);
    ASSERT_EQ(series[i].value, plain[i].value);
  }
}

TEST(Series, KeepsAllPoints) {
  Series series;
  std::vector<Point> plain;
  for (int i = 0; i < 5000; ++i) {
    plain.push_back({3 * i, std::sqrt(i)});
    series.append(plain.back());
    if (i % 511 == 0) expect_same(series, plain);
  }
  expect_same(series, plain);
}

TEST(Series, StepsMustRise) {
  Series series;
  series.append({5, 1});
  EXPECT_THROW(series.append({5, 2}), std::logic_error);
  EXPECT_THROW(series.append({4, 2}), std::logic_error);
  EXPECT_EQ(series.size(), 1u);
  for (int i = 6; i < 6 + 1023; ++i) series.append({i, 0});  // just sealed
  EXPECT_THROW(series.append({1028, 0}), std::logic_error);
  EXPECT_NO_THROW(series.append({1029, 0}));
}

TEST(Series, ACopyDoesNotChange) {
  Series series;
  std::vector<Point> plain;
  for (int i = 0; i < 3000; ++i) {
    series.append({i, 1.0 * i});
    plain.push_back({i, 1.0 * i});
  }
  const Series copy = series;
  series.cut(1500);
  for (int i = 1500; i < 4000; ++i) series.append({i, -1});
  expect_same(copy, plain);
}

TEST(Series, CutsAnywhere) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    Series series;
    std::vector<Point> plain;
    std::int64_t step = 0;
    for (int part = 0; part < 3; ++part) {
      const int points = std::uniform_int_distribution<int>(0, 2500)(random);
      for (int i = 0; i < points; ++i) {
        step += std::uniform_int_distribution<int>(1, 3)(random);
        series.append({step, 0.5 * step});
        plain.push_back({step, 0.5 * step});
      }
      const auto cut = std::uniform_int_distribution<std::int64_t>(-5, step + 5)(random);
      series.cut(cut);
      std::erase_if(plain, [cut](const Point& point) { return point.step >= cut; });
      if (!plain.empty()) step = plain.back().step;
      expect_same(series, plain);
    }
  }
}

TEST(Series, CutsAtTheEdgesOfBlocks) {
  for (const std::int64_t cut : {0, 1, 1023, 1024, 1025, 2047, 2048, 2049, 3000}) {
    Series series;
    for (int i = 0; i < 2048; ++i) series.append({i, 0});
    series.cut(cut);
    EXPECT_EQ(series.size(), static_cast<std::size_t>(std::min<std::int64_t>(cut, 2048)));
    series.append({5000, 1});
    EXPECT_EQ(series[series.size() - 1].step, 5000);
  }
}

struct Plain {
  std::vector<double> xs, ys;
};

// What reduce() promises, checked the slow way.
void check(const Pyramid& pyramid, const Plain& plain, double low, double high, std::size_t buckets) {
  const auto reduced = pyramid.reduce(low, high, buckets);
  std::size_t first = 0, end = plain.xs.size();
  while (first < end && plain.xs[first] < low) ++first;
  while (end > first && plain.xs[end - 1] > high) --end;
  if (first > 0) --first;
  if (end < plain.xs.size()) ++end;
  if (buckets == 0 || plain.xs.empty()) {
    EXPECT_TRUE(reduced.empty());
    return;
  }
  ASSERT_LE(reduced.size(), buckets);
  if (end - first <= buckets) {
    ASSERT_EQ(reduced.size(), end - first);
  }
  std::size_t at = first;
  for (const Pyramid::Bucket& bucket : reduced) {
    ASSERT_LT(at, end);
    ASSERT_EQ(bucket.x_first, plain.xs[at]) << "no point is left out";
    double min = INFINITY, max = -INFINITY, last = 0;
    while (at < end && plain.xs[at] <= bucket.x_last) {
      last = plain.xs[at];
      if (std::isfinite(plain.ys[at])) {
        min = std::min(min, plain.ys[at]);
        max = std::max(max, plain.ys[at]);
      }
      ++at;
    }
    ASSERT_EQ(bucket.x_last, last);
    ASSERT_EQ(bucket.min, min);
    ASSERT_EQ(bucket.max, max);
  }
  ASSERT_EQ(at, end) << "to the last point";
}

TEST(Pyramid, AgreesWithBruteForce) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (const int points : {0, 1, 2, 7, 8, 9, 63, 64, 65, 511, 513, 4097, 5000}) {
    Pyramid pyramid;
    Plain plain;
    double x = -10;
    for (int i = 0; i < points; ++i) {
      x += 0.01 + uniform(random);
      const double kind = uniform(random);
      const double y = kind < 0.05   ? std::nan("")
                       : kind < 0.07 ? INFINITY
                       : kind < 0.09 ? -INFINITY
                                     : uniform(random) - 0.5;
      pyramid.append(x, y);
      plain.xs.push_back(x);
      plain.ys.push_back(y);
      ASSERT_EQ(pyramid.x(static_cast<std::size_t>(i)), x);
    }
    ASSERT_EQ(pyramid.size(), plain.xs.size());
    check(pyramid, plain, -1e300, 1e300, 100);
    for (int round = 0; round < 60; ++round) {
      double low = -12 + uniform(random) * (x + 14), high = -12 + uniform(random) * (x + 14);
      if (low > high) std::swap(low, high);
      for (const std::size_t buckets : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{17},
                                        std::size_t{300}, std::size_t{100000}}) {
        check(pyramid, plain, low, high, buckets);
      }
    }
  }
}

TEST(Pyramid, OnlyGaps) {
  Pyramid pyramid;
  for (int i = 0; i < 100; ++i) pyramid.append(i, std::nan(""));
  for (const Pyramid::Bucket& bucket : pyramid.reduce(0, 99, 10)) EXPECT_GT(bucket.min, bucket.max);
}

TEST(Pyramid, BucketsStayPutWhileItScrolls) {
  Pyramid pyramid;
  for (int i = 0; i < 100000; ++i) pyramid.append(i, std::sin(i * 0.37));
  const auto before = pyramid.reduce(20000, 60000, 500), after = pyramid.reduce(20013, 60013, 500);
  std::size_t same = 0;
  for (const auto& a : before) {
    for (const auto& b : after) same += a.x_first == b.x_first && a.x_last == b.x_last;
  }
  EXPECT_GE(same, before.size() - 4) << "all but those at the ends";
}

TEST(Pyramid, BadRanges) {
  Pyramid pyramid;
  pyramid.append(1, 1);
  pyramid.append(2, 5);
  EXPECT_TRUE(pyramid.reduce(2, 1, 10).empty());
  EXPECT_TRUE(pyramid.reduce(std::nan(""), 1, 10).empty());
  EXPECT_THROW(pyramid.append(2, 0), std::logic_error);
  EXPECT_THROW(pyramid.append(std::nan(""), 0), std::logic_error);
  EXPECT_EQ(pyramid.size(), 2u);
  EXPECT_EQ(pyramid.y(1), 5);
  pyramid.clear();
  EXPECT_EQ(pyramid.size(), 0u);
  EXPECT_TRUE(pyramid.reduce(0, 10, 10).empty());
  pyramid.append(-5, 1);
  EXPECT_EQ(pyramid.reduce(0, 10, 10).size(), 1u) << "the neighbour of an empty range";
}

}  // namespace
}  // namespace tessera::test
