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
  // points were cut off or replaced. smoothing in [0, 1): the weight of the past in an exponential moving average over
  // the recorded points, corrected for its start (s_t = b s_{t-1} + (1 - b) y_t; s_t / (1 - b^t); Kingma & Ba 2015,
  // sec. 3). NaN is a gap: it passes through and leaves the average as it is.
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
  double average_ = 0, weight_ = 0;  // of the moving average, before its correction; weight_ = 1 - b^t
  Point last_{};                     // the newest point taken over
};

// What is exported: a column of steps, then one a series, in full precision; a cell is empty where a series has no
// point. Names are quoted where CSV needs it (RFC 4180).
struct CsvColumn {
  std::string name;
  const Series* series;
};
std::string curves_csv(const std::vector<CsvColumn>& columns);

}  // namespace tessera
