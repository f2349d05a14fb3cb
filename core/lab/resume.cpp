// See resume.h.
#include "core/lab/resume.h"

#include "core/lab/checkpoints.h"
#include "core/lab/recorded_run.h"

namespace tessera {

Result<Continuation> continuation(const std::filesystem::path& run, const ParameterTable& table,
                                  const CombinationCheck& check) {
  auto preset = recorded_preset(run, table, check);
  if (!preset) return preset.problems;
  auto timeline = recorded_timeline(run, *preset.value, check);
  if (!timeline) return timeline.problems;
  FoundCheckpoint found = find_checkpoint(run, max_step, table);
  Continuation made{*std::move(preset.value), {}, {}, std::move(found.damaged)};
  if (!found.checkpoint) {
    if (!made.damaged.empty()) {
      made.damaged.back().allowed = "a whole checkpoint; to start again at step 0, remove the folder checkpoints";
      return made.damaged;
    }
    made.preset.schedule = *std::move(timeline.value);
    return made;
  }
  made.checkpoint = found.file;
  for (const Intervention& change : *timeline.value) {
    if (change.step >= found.checkpoint->step) made.to_come.push_back(change);
  }
  return made;
}

}  // namespace tessera
