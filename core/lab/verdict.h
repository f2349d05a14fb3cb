// The one place where a verdict on a claim is made.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/lab/claim.h"
#include "core/lab/statistics.h"

namespace tessera {

enum class Verdict { reproduced, refuted, undecided };
const char* to_string(Verdict);

struct Ruling {
  Verdict verdict = Verdict::undecided;
  std::string reason;                // why it is undecided; empty otherwise
  std::optional<double> mean;        // when there are values, and all of them are finite
  std::optional<Interval> interval;  // 95 %, Student's t; from two values on
};

// Reproduced only if every number of the interval satisfies the prediction, refuted only if none does. Undecided
// otherwise, and with fewer values (one a seed) than `fewest`, with one value, or with values that are not finite.
Ruling rule(const Prediction&, std::span<const double> values, std::int64_t fewest);

}  // namespace tessera
