// The points of one scalar metric over a run, shared between the worker and the window without locks: sealed blocks
// never change, and a copy of a Series costs one pointer and the points since the last seal.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace tessera {

struct Point {
  std::int64_t step;
  double value;
};

class Series {
 public:
  static constexpr std::size_t block_size = 1024;

  void append(Point);  // steps strictly rise
  void cut(std::int64_t step);  // drops the points with a step >= `step` (after a restore)
  std::size_t size() const;
  const Point& operator[](std::size_t index) const;

 private:
  using Block = std::array<Point, block_size>;
  using Blocks = std::vector<std::shared_ptr<const Block>>;
  std::shared_ptr<const Blocks> sealed_;  // null: none
  std::vector<Point> tail_;
};

// Min/max pyramid over an append-only sequence: any range is reduced to `buckets` min/max pairs in O(buckets log n).
// Points must rise in x. NaN values are gaps: they never enter a minimum or maximum.
class Pyramid {
 public:
  struct Bucket {
    double x_first, x_last, min, max;  // min > max: no value in it
  };
  void append(double x, double y);
  void clear();
  std::size_t size() const;
  double x(std::size_t index) const;
  double y(std::size_t index) const;
  // The points with x_min <= x <= x_max (and one neighbour on each side), at most `buckets` of them reduced.
  std::vector<Bucket> reduce(double x_min, double x_max, std::size_t buckets) const;

 private:
  static constexpr std::size_t fan = 8;
  struct Extent {
    float min, max;
  };
  std::vector<double> xs_, ys_;
  std::vector<std::vector<Extent>> levels_;  // level i: one extent per fan^(i+1) points
};

}  // namespace tessera
