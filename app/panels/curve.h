// One curve as it is drawn: smoothed first, then decimated, each step of which costs only what is new, so that a frame
// takes as long after a million steps as after a thousand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/lab/series.h"

namespace tessera {

struct Polyline {
  std::vector<double> x, y;
  double lowest = 1, highest = 0;  // of the values in it; lowest > highest: there is none
};

class Curve {
 public:
  // Takes over what `series` has more than at the last call; begins anew for another run, other smoothing, or when
  // points were cut off or replaced. smoothing: 0, or the time constant T in steps of an exponentially weighted mean,
  // s(t) = sum_i w_i y_i / sum_i w_i over the points i up to step t, w_i = exp(-(t - t_i) / T). In steps and not in
  // points, so that metrics recorded at different intervals lag alike. NaN is a gap: it passes through and counts for
  // nothing.
  void update(const Series& series, std::uint64_t run, double smoothing);

  std::size_t size() const { return raw_.size(); }
  // The points in [x_min, x_max] and a neighbour on either side, at most `points` of them (the extremes of each stretch
  // are kept). With `logarithmic` the stretches are even on a logarithmic x axis, and x below 1 is drawn at 1.
  Polyline raw(double x_min, double x_max, std::size_t points, bool logarithmic) const;
  Polyline smooth(double x_min, double x_max, std::size_t points, bool logarithmic) const;

  struct Reading {
    std::int64_t step;
    double value, smoothed;
  };
  // The newest point at or before `step`.
  std::optional<Reading> at(double step) const;

 private:
  void restart();
  Pyramid raw_, smooth_;
  std::uint64_t run_ = 0;
  double smoothing_ = 0;
  double sum_ = 0, weight_ = 0;  // sum of w_i y_i, and of w_i, at the newest point with a value
  double sum_step_ = 0;          // the step of that point
  Point last_{};                 // the newest point taken over
};

// What is exported: a column of steps, then one a series, in full precision; a cell is empty where a series has no
// point. Names are quoted where CSV needs it (RFC 4180).
struct CsvColumn {
  std::string name;
  const Series* series;
};
std::string curves_csv(const std::vector<CsvColumn>& columns);

}  // namespace tessera
