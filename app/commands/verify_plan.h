// Which runs the claims of presets need, and which of them are there already.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/lab/metric.h"
#include "core/lab/preset.h"

namespace tessera::commands {

// As the run's folder has it; torn: killed before it had begun, to be started anew.
enum class Progressed { no, torn, begun, finished };

struct VerifyRun {
  std::size_t preset = 0;  // which of the plan
  std::string variant;     // a variant's name, or preset_itself
  std::int64_t seed = 0;
  std::filesystem::path folder;       // OUT/PRESET/VARIANT-SEED
  std::filesystem::path preset_file;  // OUT/PRESET/presets/...: what it is started from
  Progressed progressed = Progressed::no;
};

struct VerifyPlan {
  std::vector<Preset> presets;  // each with its claims and variants
  std::vector<VerifyRun> runs;  // by preset, then seed, then variant: early seeds of all variants come first
};

// Seeds: the preset's own and those after it. All problems: presets without claims, variants that don't hold, seeds
// beyond the largest, runs below `out` that are of another preset. Writes nothing.
Result<VerifyPlan> plan_runs(std::vector<Preset> presets, std::int64_t seeds, const std::filesystem::path& out);

// The preset that a run is started from; its name is that of the preset with the variant behind it.
Preset preset_of(const VerifyPlan& plan, const VerifyRun& run);

// What is wrong with the claims' metrics for experiments that have such metrics (declared_metrics()).
std::vector<Problem> check_metrics(const VerifyPlan& plan, const std::vector<MetricSpec>& declared);

// Processes at once: the cores by the most threads that any run computes with, at least 1.
std::size_t runs_at_once(const VerifyPlan& plan, std::size_t cores);

}  // namespace tessera::commands
