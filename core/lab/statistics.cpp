// See statistics.h. The quantile is Boost.Math's.
#include "core/lab/statistics.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace tessera {

// Around the first value, so that equal values give it back whatever the rounding.
double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value - values[0];
  return values[0] + sum / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  const double middle = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - middle) * (value - middle);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double student_t_quantile(double p, double degrees) {
  return boost::math::quantile(boost::math::students_t(degrees), p);
}

Interval interval_of_mean(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double half = student_t_quantile(0.975, n - 1) * standard_deviation(values) / std::sqrt(n);
  const double middle = mean(values);
  return {middle - half, middle + half};
}

}  // namespace tessera
