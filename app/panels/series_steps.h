// The steps at which a series says that something happened: what a plot marks. No drawing in here.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lab/series.h"

namespace tessera {

class SeriesSteps {
 public:
  enum class Of { points_above_0, changes };  // changes: points whose value is not that of the point before
  explicit SeriesSteps(Of of) : of_(of) {}

  // Takes over what `series` has more than at the last call; begins anew for another run.
  void update(const Series& series, std::uint64_t run);
  const std::vector<std::int64_t>& steps() const { return steps_; }  // rising
  // The one nearest to `step`, if that is at most `within` steps from it; -1: there is none.
  std::int64_t nearest(double step, double within) const;

 private:
  Of of_;
  std::uint64_t run_ = 0;
  std::size_t taken_ = 0;
  double last_ = 0;  // value of the last point taken over
  std::vector<std::int64_t> steps_;
};

}  // namespace tessera
