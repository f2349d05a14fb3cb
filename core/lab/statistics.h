// What a few measured numbers tell about the mean they come from.
#pragma once

#include <span>

namespace tessera {

struct Interval {
  double low = 0, high = 0;
};

double mean(std::span<const double> values);                // of at least one; exact when all are the same
double standard_deviation(std::span<const double> values);  // of the sample (n - 1); of at least two

// The x with P(T <= x) = p for Student's t with `degrees` of freedom (at least 1); 0 < p < 1.
double student_t_quantile(double p, double degrees);

// Two-sided 95 % interval of the mean: mean -+ t(.975, n - 1) s / sqrt(n) (Student 1908). Of at least two values.
Interval interval_of_mean(std::span<const double> values);

}  // namespace tessera
