// Runs as their folders have them (recorder.h), to be read and compared.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/lab/fork.h"
#include "core/lab/preset.h"
#include "core/lab/series.h"
#include "core/lab/session.h"

namespace tessera {

// The state in a run's summary.json: finished, failed, paused or running (stopped); nothing without a summary.
std::optional<State> recorded_state(const std::filesystem::path& folder);

// The commit of the program that ended the run, as summary.json says; empty without one.
std::string recorded_commit(const std::filesystem::path& folder);

// The preset of a run's folder, with the name of the one that the run was started from.
Result<Preset> recorded_preset(const std::filesystem::path& folder, const ParameterTable&,
                               const CombinationCheck& = {});

// What timeline.json says was changed in the run, with the schedule still to come: the schedule that repeats it. That
// of the preset where there is no such file.
Result<std::vector<Intervention>> recorded_timeline(const std::filesystem::path& folder, const Preset&,
                                                    const CombinationCheck& = {});

// Whether a run came to its planned end, and wasn't made longer since. False where that can't be read, too.
bool recorded_whole(const std::filesystem::path& folder, const ParameterTable&, const CombinationCheck& = {});

struct RecordedRun {
  std::filesystem::path folder;
  Preset preset;                                     // with all its parameters
  std::vector<Intervention> timeline;                // what was changed, with the schedule still to come
  std::optional<State> state;                        // nothing: cut off
  std::int64_t steps = 0;                            // done, as far as its scalars tell
  std::optional<Parent> parent;                      // of a fork
  std::vector<std::pair<std::string, double>> last;  // of each scalar, in the order of their first rows
};

// Problems when there is no run, or what it holds can't be read. A last line that was cut off is left out.
Result<RecordedRun> read_run(const std::filesystem::path& folder, const ParameterTable&, const CombinationCheck& = {});

// The curves of some scalars, by name; those that the run doesn't have are left out.
using Curves = std::map<std::string, Series, std::less<>>;
Result<Curves> read_curves(const std::filesystem::path& folder, const std::set<std::string>& names);

// The parameters that the runs don't all have the same: by path, a value for each run. A layer's own value counts where
// any of them has one.
struct Differing {
  std::string path;
  std::vector<std::string> values;  // parallel to the runs
};
std::vector<Differing> differing_parameters(const std::vector<const Parameters*>& runs);

// The same for what was changed while they ran, and what is planned: "0.5 at step 300; 0.2 at step 400 over 100"; empty
// where a run has no change of that parameter.
std::vector<Differing> differing_changes(const std::vector<const std::vector<Intervention>*>& runs);

}  // namespace tessera
