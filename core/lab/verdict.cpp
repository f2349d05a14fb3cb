// See verdict.h.
#include "core/lab/verdict.h"

#include <algorithm>
#include <cmath>

#include "core/lab/text.h"

namespace tessera {
namespace {

// Predictions are intervals of the number line: all of [low, high] satisfies one if both ends do.
bool all_satisfy(const Prediction& predicted, Interval interval) {
  return predicted.holds(interval.low) && predicted.holds(interval.high);
}

bool none_satisfies(const Prediction& predicted, Interval interval) {
  if (predicted.comparison == Comparison::between)
    return interval.high < predicted.low || interval.low > predicted.high;
  return !predicted.holds(interval.low) && !predicted.holds(interval.high);
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::reproduced:
      return "reproduced";
    case Verdict::refuted:
      return "refuted";
    case Verdict::undecided:
      break;
  }
  return "undecided";
}

Ruling rule(const Prediction& predicted, std::span<const double> values, std::int64_t fewest) {
  Ruling ruling;
  const auto count = static_cast<std::int64_t>(values.size());
  const bool finite = std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
  if (finite && count > 0 && std::isfinite(mean(values))) ruling.mean = mean(values);
  if (ruling.mean && count > 1) {
    const Interval interval = interval_of_mean(values);
    if (std::isfinite(interval.low) && std::isfinite(interval.high)) ruling.interval = interval;
  }
  if (!finite) {
    ruling.reason = "a value is not a finite number";
  } else if (count < fewest) {
    ruling.reason =
        number_text(count) + (count == 1 ? " seed" : " seeds") + "; the claim asks for " + number_text(fewest);
  } else if (count < 2) {
    ruling.reason = "one value has no interval";
  } else if (!ruling.interval) {
    ruling.reason = "the values are too large to tell";
  } else if (all_satisfy(predicted, *ruling.interval)) {
    ruling.verdict = Verdict::reproduced;
  } else if (none_satisfies(predicted, *ruling.interval)) {
    ruling.verdict = Verdict::refuted;
  } else {
    ruling.reason = "the interval lies on both sides";
  }
  return ruling;
}

}  // namespace tessera
