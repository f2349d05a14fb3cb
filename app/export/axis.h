// Where an axis has its ticks, and what stands beside them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tessera {

struct Tick {
  double value;
  std::string label;
};

// At multiples of 1, 2 or 5 times a power of ten, at most `most` (two or more) of them in [low, high]; all with as many
// decimals as tell them apart. whole: at whole numbers only, with commas. Needs low < high, both finite.
std::vector<Tick> ticks(double low, double high, int most, bool whole = false);

// What an axis for values from low to high shows: a little more, and also where they don't or hardly differ (by less
// than 1e-12 of the larger) wide enough for ticks. Needs low <= high, both finite.
std::pair<double, double> axis_range(double low, double high);

}  // namespace tessera
