// See series_steps.h.
#include "app/panels/series_steps.h"

#include <cmath>

namespace tessera {

void SeriesSteps::update(const Series& series, std::uint64_t run) {
  if (run != run_ || series.size() < taken_) *this = SeriesSteps(of_);
  run_ = run;
  for (; taken_ < series.size(); ++taken_) {
    const auto& [step, value] = series[taken_];
    if (of_ == Of::points_above_0 ? value > 0 : taken_ > 0 && value != last_) steps_.push_back(step);
    last_ = value;
  }
}

std::int64_t SeriesSteps::nearest(double step, double within) const {
  std::int64_t found = -1;
  for (const std::int64_t at : steps_) {
    const double apart = std::abs(static_cast<double>(at) - step);
    if (apart > within) continue;
    within = apart;
    found = at;
  }
  return found;
}

}  // namespace tessera
