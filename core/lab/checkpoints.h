// The checkpoints in a run's folder: checkpoints/STEP.ckpt. They are few, whatever the length of the run: the two
// newest, and others spread over the run, so that a fork from anywhere has a checkpoint not far before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/lab/checkpoint.h"

namespace tessera {

inline constexpr std::size_t max_checkpoints = 8;

struct SavedCheckpoint {
  std::int64_t step;
  std::filesystem::path file;
};

std::filesystem::path checkpoint_file(const std::filesystem::path& run, std::int64_t step);
std::vector<SavedCheckpoint> saved_checkpoints(const std::filesystem::path& run);  // by step; files are not looked into

// Which of more than `most` steps (ascending, most > 2) to do without: the one between whose neighbours the gap is
// smallest, the earliest of such; the two newest are never it. Step 0 counts as a neighbour: a run can always begin
// there. Dropped whenever there is one too many, they lie at most 2 / most of the run apart, if they come at even
// steps.
std::optional<std::size_t> superfluous(const std::vector<std::int64_t>& steps, std::size_t most = max_checkpoints);

// Removes the superfluous ones; those of later steps than `step`. What can't be removed stays.
void thin_checkpoints(const std::filesystem::path& run);
void remove_checkpoints_after(const std::filesystem::path& run, std::int64_t step);

// The newest that is of `at_most` or an earlier step, can be read, and isn't the end of its run, from where there is
// nowhere to go. `damaged`: what is wrong with newer ones that were passed over.
struct FoundCheckpoint {
  std::optional<Checkpoint> checkpoint;
  std::filesystem::path file;
  std::vector<Problem> damaged;
};
FoundCheckpoint find_checkpoint(const std::filesystem::path& run, std::int64_t at_most, const ParameterTable&);

}  // namespace tessera
