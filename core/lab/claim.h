// What a preset claims about its own runs, and the variants of itself that it compares. How a claim is judged:
// core/lab/judge.h.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/lab/parameter.h"

namespace tessera {

inline constexpr std::size_t max_variants = 64, max_claims = 256;
inline constexpr std::size_t max_variant_name = 40;
inline constexpr std::int64_t fewest_possible_seeds = 2, most_seeds = 1000;  // one value has no interval

// The preset with other values of some parameters.
struct Variant {
  std::string name;                                       // see variant_name_allowed()
  std::vector<std::pair<std::string, Value>> parameters;  // path, value in the parameter's kind; base paths before
                                                          // those of single layers; never run.seed
  friend bool operator==(const Variant&, const Variant&) = default;
};

inline constexpr const char* preset_itself = "preset";  // what claims call the preset without a variant

// Lower-case letters, digits, "-" and "_", not beginning with a sign, at most max_variant_name: it is part of the
// names of files.
bool variant_name_allowed(std::string_view name);

// How the curve of a run becomes one number. A window holds the points with from <= step <= to.
enum class OverRun {
  last,         // the last point
  min,          // in the window, like the next four
  max,          //
  mean,         // of its points
  slope,        // of the least-squares line, per step
  step_of_max,  // the first step at which the value is largest
  at_step       // the newest point at or before `step`
};

// How the numbers of the variants become one for each seed.
enum class OverVariants {
  one,         // that of one variant
  difference,  // the first less the second, of the same seed
  ratio,       // the first by the second, of the same seed
  spread,      // the largest less the smallest, of the same seed
  least        // the smallest, of the same seed
};

enum class Comparison { less, less_equal, greater, greater_equal, between };  // between: low <= x <= high

struct Prediction {
  Comparison comparison = Comparison::less;
  double low = 0, high = 0;  // equal, but for `between`
  bool holds(double x) const;
  std::string text() const;  // "< 0.5", "0.2 to 0.4"
  friend bool operator==(const Prediction&, const Prediction&) = default;
};

struct Claim {
  std::string text, source;  // in words; the paper or document that says so
  std::string metric;        // a scalar: "alpha_entropy/layer2"
  std::string minus;         // another scalar of the same run, reduced alike and subtracted; empty: none
  OverRun over_run = OverRun::last;
  std::int64_t from = 0, to = std::numeric_limits<std::int64_t>::max();  // the window
  std::int64_t step = 0;                                                 // of at_step
  OverVariants over_variants = OverVariants::one;
  std::vector<std::string> variants = {preset_itself};  // one, two (difference, ratio), or at least two
  std::vector<std::string> minus_variants;  // of spread and least: others, made one number alike and subtracted
  Prediction predicted;
  std::int64_t seeds = 5;  // with fewer it stays undecided
  friend bool operator==(const Claim&, const Claim&) = default;
};

inline bool of_many(OverVariants over) { return over == OverVariants::spread || over == OverVariants::least; }

// What is compared with the prediction, in words: "mean of load_cv/layer1 from step 500 on, sparsemax - preset".
std::string measured_text(const Claim& claim);

// Names of metrics are words of letters, digits, "_", "-" and "." with "/" between them, at most 100 bytes.
bool metric_name_allowed(std::string_view name);

// The names that JSON has for each of these, in their order.
const std::vector<std::string>& names_of(OverRun);
const std::vector<std::string>& names_of(OverVariants);
const std::vector<std::string>& names_of(Comparison);

}  // namespace tessera
