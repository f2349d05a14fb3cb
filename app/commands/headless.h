// Training without the window: from a preset to a finished, failed or interrupted run.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/lab/preset.h"
#include "core/lab/recorder.h"

namespace tessera::commands {

// What a run that is gone on with was recorded by; empty where its folder doesn't say.
struct RecordedBy {
  std::string commit, device;
};

struct Headless {
  Preset preset;
  std::shared_ptr<RunRecorder> recorder = {};
  std::optional<std::filesystem::path> checkpoint = {};  // to go on from
  std::optional<std::int64_t> resume_from = {};          // the same, as a step: of one that the recorder begins with
  std::vector<Intervention> to_come = {};                // with a checkpoint: what the run has in store after it
  RecordedBy parent = {};                                // of a fork: told when it isn't this program and device
  bool quiet = false;                                    // no progress, no summary
  bool summary = true;                                   // the last value of each scalar, at the end
};

// Returns the exit code; throws InputError when the experiment can't be built or the checkpoint not be used, before
// anything is written.
int train(const Headless& run);

}  // namespace tessera::commands
