// The steps at which a series says that something happened: what a plot marks. No drawing in here.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lab/series.h"

namespace tessera {

// The steps of its points above 0.
class SeriesSteps {
 public:
  // Takes over what `series` has more than at the last call; begins anew for another run.
  void update(const Series& series, std::uint64_t run);
  const std::vector<std::int64_t>& steps() const { return steps_; }  // rising

 private:
  std::uint64_t run_ = 0;
  std::size_t taken_ = 0;
  std::vector<std::int64_t> steps_;
};

// The one nearest to `step`, if that is at most `within` steps from it; -1: there is none.
std::int64_t nearest_step(const std::vector<std::int64_t>& steps, double step, double within);

}  // namespace tessera
