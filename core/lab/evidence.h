// Judged claims as files: what `verify` writes, and what docs/evidence keeps.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/judge.h"
#include "core/lab/problem.h"

namespace tessera {

// A JSON array of objects: claim, source, preset, metric, measured, predicted, mean, interval [low, high], seeds,
// values, verdict, reason, commit, command. null where there is no number; interval null where there is none.
std::string evidence_json(const std::vector<JudgedClaim>& judged);
Result<std::vector<JudgedClaim>> read_evidence(std::string_view json, std::string_view where);

// A table: claim, source, preset, measured, predicted, mean with interval, seeds, verdict.
std::string evidence_markdown(const std::vector<JudgedClaim>& judged);

// "0.123 [0.1, 0.146]": the mean with its 95 % interval; "-" where there is none.
std::string mean_text(const JudgedClaim& judged);
std::string seeds_text(const std::vector<std::int64_t>& seeds);  // "1 to 5", "1, 3"

// All NAME.json of a folder, by name; then those of its folders, which are named for what sets their runs apart from
// what the presets say ("on-stand-ins": JudgedClaim::apart is "on stand-ins"). Files that are no evidence are told and
// left out; a folder that isn't there holds none.
struct Evidence {
  std::vector<JudgedClaim> claims;
  std::vector<Problem> problems;
};
Evidence load_evidence(const std::filesystem::path& folder);

}  // namespace tessera
