// Claims judged: from the scalars of runs to values a seed, mean, interval and verdict. No files and no clock in here:
// the command that runs seeds and the window share it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/lab/claim.h"
#include "core/lab/series.h"
#include "core/lab/verdict.h"

namespace tessera {

// One number, or why there is none. A NaN or infinity among what it is made of is a value: it makes the number one.
struct Reduced {
  std::optional<double> value;
  std::string reason;
};

// The curve of one run as the claim's number: see OverRun.
Reduced reduce_run(const Claim&, const Series&);

// The scalars that claims are about, by name.
std::set<std::string> needed_scalars(std::span<const Claim> claims);

struct ClaimRun {  // a run of a variant
  std::string variant;
  std::int64_t seed = 0;
  std::map<std::string, Series, std::less<>> scalars;  // at least those that claims name, where the run has them
  bool finished = true;                                // otherwise it failed, and its scalars don't count
};

struct JudgedClaim {
  std::string text, source, preset, metric;
  std::string measured;   // what the values are: measured_text()
  std::string predicted;  // "< 0.5"
  std::vector<std::int64_t> seeds;
  std::vector<double> values;  // parallel to the seeds; NaN where a run gave none
  std::optional<double> mean;
  std::optional<Interval> interval;
  Verdict verdict = Verdict::undecided;
  std::string reason;           // why it is undecided
  std::string commit, command;  // of the program that ran them; how it was called
  std::string apart;            // "on stand-ins": what sets the runs apart from what the preset says; not in files
};

// The claim's number for one run: its metric's, less that of `minus` if there is one.
Reduced reduce_run(const Claim&, const std::map<std::string, Series, std::less<>>& scalars);

// The seeds are those for which there is a run of each of the claim's variants: so differences and ratios are of the
// same seed. A seed of which a run failed has no value, and leaves the claim undecided: the seeds that came through are
// no fair sample. Doesn't fill in preset, commit and command.
JudgedClaim judge(const Claim&, std::span<const ClaimRun> runs);

// The variants that have to be run to judge the claims, in the order in which they are met.
std::vector<std::string> needed_variants(std::span<const Claim> claims);

}  // namespace tessera
