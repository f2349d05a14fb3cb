// See axis.h.
#include "app/export/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "core/lab/text.h"

namespace tessera {
namespace {

std::string label(double value, double apart, bool whole) {
  if (whole) return with_commas(static_cast<std::int64_t>(std::llround(value)));
  char text[64];
  const double size = std::max(std::abs(value), apart);
  if (size >= 1e6 || apart < 1e-5) {
    const int digits = std::max(6, static_cast<int>(std::ceil(std::log10(size / apart) - 1e-9)) + 1);
    std::snprintf(text, sizeof text, "%.*g", digits, std::abs(value) < apart / 2 ? 0.0 : value);
    return text;
  }
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(apart) + 1e-9)));
  std::snprintf(text, sizeof text, "%.*f", decimals, std::abs(value) < apart / 2 ? 0.0 : value);
  return text;
}

// Whether there are round numbers between them that a double can tell apart.
bool far_enough(double low, double high) {
  const double span = high - low;
  return span > 1e-300 && span >= 1e-12 * std::max(std::abs(low), std::abs(high));
}

}  // namespace

std::vector<Tick> ticks(double low, double high, int most, bool whole) {
  const double span = high - low;
  if (!std::isfinite(span) || !far_enough(low, high) || most < 2) return {};
  double power = std::pow(10.0, std::floor(std::log10(span / most)));
  if (whole) power = std::max(1.0, power);
  while (true) {
    for (const double times : {1.0, 2.0, 5.0}) {
      const double apart = power * times;
      const double first = std::ceil(low / apart - 1e-9), last = std::floor(high / apart + 1e-9);
      if (last - first + 1 > most) continue;
      std::vector<Tick> found;
      const auto count = static_cast<int>(last - first) + 1;  // `most` at the most
      for (int i = 0; i < count; ++i) {
        const double value = (first + i) * apart;
        found.push_back({value, label(value, apart, whole)});
      }
      return found;
    }
    power *= 10;
  }
}

std::pair<double, double> axis_range(double low, double high) {
  const double around = far_enough(low, high) ? (high - low) * 0.05 : std::max(std::abs(high) * 0.1, 0.05);
  return {low - around, high + around};
}

}  // namespace tessera
