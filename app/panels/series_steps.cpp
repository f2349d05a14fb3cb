// See series_steps.h.
#include "app/panels/series_steps.h"

#include <cmath>

namespace tessera {

void SeriesSteps::update(const Series& series, std::uint64_t run) {
  if (run != run_ || series.size() < taken_) *this = {};
  run_ = run;
  for (; taken_ < series.size(); ++taken_) {
    if (series[taken_].value > 0) steps_.push_back(series[taken_].step);
  }
}

std::int64_t nearest_step(const std::vector<std::int64_t>& steps, double step, double within) {
  std::int64_t found = -1;
  for (const std::int64_t at : steps) {
    const double apart = std::abs(static_cast<double>(at) - step);
    if (apart > within) continue;
    within = apart;
    found = at;
  }
  return found;
}

}  // namespace tessera
