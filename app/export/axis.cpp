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
    std::snprintf(text, sizeof text, "%.6g", std::abs(value) < apart / 2 ? 0.0 : value);
    return text;
  }
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(apart) + 1e-9)));
  std::snprintf(text, sizeof text, "%.*f", decimals, std::abs(value) < apart / 2 ? 0.0 : value);
  return text;
}

}  // namespace

std::vector<Tick> ticks(double low, double high, int most, bool whole) {
  const double span = high - low;
  if (!(span > 0) || !std::isfinite(span) || most < 2) return {};
  double power = std::pow(10.0, std::floor(std::log10(span / most)));
  if (whole) power = std::max(1.0, power);
  while (true) {
    for (const double times : {1.0, 2.0, 5.0}) {
      const double apart = power * times;
      const double first = std::ceil(low / apart - 1e-9), last = std::floor(high / apart + 1e-9);
      if (last - first + 1 > most) continue;
      std::vector<Tick> found;
      for (double i = first; i <= last; ++i) found.push_back({i * apart, label(i * apart, apart, whole)});
      return found;
    }
    power *= 10;
  }
}

}  // namespace tessera
