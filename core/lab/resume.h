// Going on with a run that was stopped, killed or cut off: what its folder says there is to do.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/lab/preset.h"

namespace tessera {

// To be done in this order, with a recorder that resumes the folder: load, restore, schedule, play.
struct Continuation {
  Preset preset;                                    // without a checkpoint: its schedule is all that was changed
  std::optional<std::filesystem::path> checkpoint;  // the newest that is whole
  std::vector<Intervention> to_come;                // with a checkpoint: what timeline.json has from its step on
  std::vector<Problem> damaged;                     // newer checkpoints that were passed over
};

// Problems when there is no run, what it holds can't be read, or it has checkpoints and all of them are damaged: then
// nothing but the recorded figures is left of it, and to begin anew is for a person to decide.
Result<Continuation> continuation(const std::filesystem::path& run, const ParameterTable&,
                                  const CombinationCheck& = {});

}  // namespace tessera
