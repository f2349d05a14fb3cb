// A recorded run as a snapshot: what the window shows and compares, and what is exported, without building it again.
#pragma once

#include <filesystem>
#include <memory>

#include "core/lab/preset.h"
#include "core/lab/session.h"

namespace tessera {

// The run as far as its folder (recorder.h) has it: `finished`, `failed`, or `paused` where it was cut off. Problems
// when there is no run, or what it holds doesn't fit together: figures of a metric that description.json doesn't have,
// steps that don't rise, matrices of another size than their axes.
Result<std::shared_ptr<const Snapshot>> read_snapshot(const std::filesystem::path& folder, const ParameterTable&,
                                                      const CombinationCheck& = {});

}  // namespace tessera
