// The points of one scalar metric over a run, shared between the worker and the window without locks: sealed blocks
// never change, and a copy of a Series costs one pointer and the points since the last seal.
#pragma once

#include <array>
#include <cstddef>
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

  void append(Point);           // steps strictly rise: std::logic_error otherwise
  void cut(std::int64_t step);  // drops the points with a step >= `step` (after a restore)
  std::size_t size() const { return (sealed_ ? sealed_->size() * block_size : 0) + tail_.size(); }
  const Point& operator[](std::size_t index) const;

 private:
  using Block = std::array<Point, block_size>;
  using Blocks = std::vector<std::shared_ptr<const Block>>;
  std::shared_ptr<const Blocks> sealed_;  // null: none
  std::vector<Point> tail_;
};

// Min/max pyramid over an append-only sequence: any range is reduced to `buckets` min/max pairs in O(buckets log n).
// x strictly rises: std::logic_error otherwise. Values that are not finite are gaps: they never enter a minimum or
// maximum. 18.3 bytes a point.
class Pyramid {
 public:
  struct Bucket {
    double x_first, x_last, min, max;  // min > max: no value in it
  };
  void append(double x, double y);
  void clear();
  std::size_t size() const { return xs_.size(); }
  double x(std::size_t index) const { return xs_[index]; }
  double y(std::size_t index) const { return ys_[index]; }
  // The points with x_min <= x <= x_max and one neighbour on each side, in order: each a bucket of its own, or reduced
  // to at most `buckets`. The edges of the buckets depend on their width only, so that a curve that is scrolled or
  // grows doesn't shimmer.
  std::vector<Bucket> reduce(double x_min, double x_max, std::size_t buckets) const;

 private:
  static constexpr std::size_t fan = 8;
  struct Extent {
    double min, max;
  };
  static Extent nothing();
  static Extent join(Extent, Extent);
  Extent extent(std::size_t first, std::size_t end) const;  // of the points [first, end)

  std::vector<double> xs_, ys_;
  std::vector<std::vector<Extent>> levels_;  // level i: one extent per full fan^(i+1) points
};

}  // namespace tessera
