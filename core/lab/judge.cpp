// See judge.h.
#include "core/lab/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

// The points of a window.
struct Window {
  std::vector<double> steps, values;
  bool finite() const {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
  }
};

Window window_of(const Claim& claim, const Series& series) {
  Window window;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Point& point = series[i];
    if (point.step < claim.from || point.step > claim.to) continue;
    window.steps.push_back(static_cast<double>(point.step));
    window.values.push_back(point.value);
  }
  return window;
}

// Least squares: sum (x - mean x)(y - mean y) / sum (x - mean x)^2.
double slope(const Window& window) {
  const double x = mean(window.steps), y = mean(window.values);
  double both = 0, squares = 0;
  for (std::size_t i = 0; i < window.steps.size(); ++i) {
    both += (window.steps[i] - x) * (window.values[i] - y);
    squares += (window.steps[i] - x) * (window.steps[i] - x);
  }
  return both / squares;
}

Reduced over_window(const Claim& claim, const Window& window) {
  if (window.values.empty()) return {{}, "no value of " + claim.metric + " in the window"};
  if (!window.finite()) return {nothing, ""};
  const auto largest = std::max_element(window.values.begin(), window.values.end());
  switch (claim.over_run) {
    case OverRun::min:
      return {*std::min_element(window.values.begin(), window.values.end()), ""};
    case OverRun::max:
      return {*largest, ""};
    case OverRun::step_of_max:
      return {window.steps[static_cast<std::size_t>(largest - window.values.begin())], ""};
    case OverRun::slope:
      if (window.values.size() < 2) return {{}, "one value of " + claim.metric + " in the window: no slope"};
      return {slope(window), ""};
    default:
      return {mean(window.values), ""};
  }
}

// The one number of a group of variants for each seed.
double over_variants(OverVariants over, std::span<const double> numbers) {
  if (std::any_of(numbers.begin(), numbers.end(), [](double x) { return std::isnan(x); })) return nothing;
  switch (over) {
    case OverVariants::one:
      break;
    case OverVariants::difference:
      return numbers[0] - numbers[1];
    case OverVariants::ratio:
      return numbers[0] / numbers[1];
    case OverVariants::spread:
      return *std::max_element(numbers.begin(), numbers.end()) - *std::min_element(numbers.begin(), numbers.end());
    case OverVariants::least:
      return *std::min_element(numbers.begin(), numbers.end());
  }
  return numbers[0];
}

std::vector<std::string> all_variants(const Claim& claim) {
  std::vector<std::string> all = claim.variants;
  all.insert(all.end(), claim.minus_variants.begin(), claim.minus_variants.end());
  return all;
}

std::string run_text(const ClaimRun& run) {
  return (run.variant == preset_itself ? "" : run.variant + ", ") + std::string("seed ") + number_text(run.seed);
}

// "the run of seed 3 failed"; empty when all finished.
std::string failed_text(const std::vector<const ClaimRun*>& failed) {
  if (failed.empty()) return "";
  if (failed.size() == 1) return "the run of " + run_text(*failed[0]) + " failed";
  return std::to_string(failed.size()) + " runs failed, the first of them of " + run_text(*failed[0]);
}

const ClaimRun* find(std::span<const ClaimRun> runs, const std::string& variant, std::int64_t seed) {
  const auto found = std::find_if(runs.begin(), runs.end(),
                                  [&](const ClaimRun& run) { return run.variant == variant && run.seed == seed; });
  return found == runs.end() ? nullptr : &*found;
}

// The seeds that every variant of the claim was run with, rising.
std::vector<std::int64_t> paired_seeds(const Claim& claim, std::span<const ClaimRun> runs) {
  const std::vector<std::string> variants = all_variants(claim);
  std::set<std::int64_t> seeds;
  for (const ClaimRun& run : runs) {
    if (run.variant == claim.variants[0]) seeds.insert(run.seed);
  }
  std::erase_if(seeds, [&](std::int64_t seed) {
    return std::any_of(variants.begin(), variants.end(),
                       [&](const std::string& variant) { return find(runs, variant, seed) == nullptr; });
  });
  return {seeds.begin(), seeds.end()};
}

}  // namespace

Reduced reduce_run(const Claim& claim, const Series& series) {
  if (series.size() == 0) return {{}, "no value of " + claim.metric};
  if (claim.over_run == OverRun::last) return {series[series.size() - 1].value, ""};
  if (claim.over_run != OverRun::at_step) return over_window(claim, window_of(claim, series));
  std::size_t after = 0;
  while (after < series.size() && series[after].step <= claim.step) ++after;
  if (after == 0) return {{}, "no value of " + claim.metric + " up to step " + with_commas(claim.step)};
  return {series[after - 1].value, ""};
}

Reduced reduce_run(const Claim& claim, const std::map<std::string, Series, std::less<>>& scalars) {
  const auto of = [&](const std::string& metric) -> Reduced {
    const auto found = scalars.find(metric);
    if (found == scalars.end()) return {{}, "the run has no scalar " + metric};
    Claim single = claim;
    single.metric = metric;
    return reduce_run(single, found->second);
  };
  Reduced number = of(claim.metric);
  if (!number.value || claim.minus.empty()) return number;
  const Reduced less = of(claim.minus);
  if (!less.value) return less;
  *number.value -= *less.value;
  return number;
}

std::set<std::string> needed_scalars(std::span<const Claim> claims) {
  std::set<std::string> names;
  for (const Claim& claim : claims) {
    names.insert(claim.metric);
    if (!claim.minus.empty()) names.insert(claim.minus);
  }
  return names;
}

JudgedClaim judge(const Claim& claim, std::span<const ClaimRun> runs) {
  JudgedClaim judged;
  judged.text = claim.text;
  judged.source = claim.source;
  judged.metric = claim.metric;
  judged.measured = measured_text(claim);
  judged.predicted = claim.predicted.text();
  judged.seeds = paired_seeds(claim, runs);
  std::string missing;
  std::vector<const ClaimRun*> failed;
  for (const std::int64_t seed : judged.seeds) {
    std::vector<double> numbers;
    for (const std::string& variant : all_variants(claim)) {
      const ClaimRun& run = *find(runs, variant, seed);
      if (!run.finished) failed.push_back(&run);
      const Reduced number = run.finished ? reduce_run(claim, run.scalars) : Reduced{nothing, ""};
      if (!number.value && missing.empty()) missing = number.reason + " (" + run_text(run) + ")";
      numbers.push_back(number.value.value_or(nothing));
    }
    const auto own = std::span<const double>(numbers).first(claim.variants.size());
    double value = over_variants(claim.over_variants, own);
    if (!claim.minus_variants.empty()) {
      value -= over_variants(claim.over_variants, std::span<const double>(numbers).subspan(own.size()));
    }
    judged.values.push_back(value);
  }
  Ruling ruling = rule(claim.predicted, judged.values, claim.seeds);
  judged.mean = ruling.mean;
  judged.interval = ruling.interval;
  judged.verdict = ruling.verdict;
  judged.reason = !failed.empty() ? failed_text(failed) : !missing.empty() ? std::move(missing) : ruling.reason;
  return judged;
}

std::vector<std::string> needed_variants(std::span<const Claim> claims) {
  std::vector<std::string> needed;
  for (const Claim& claim : claims) {
    for (const std::string& variant : all_variants(claim)) {
      if (std::find(needed.begin(), needed.end(), variant) == needed.end()) needed.push_back(variant);
    }
  }
  return needed;
}

}  // namespace tessera
