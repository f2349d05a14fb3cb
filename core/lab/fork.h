// Forks: a run that is another one up to a step, and goes on from there with something changed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/lab/preset.h"

namespace tessera {

struct Checkpoint;

// The timeline of a run that leaves its parent before step `step`: what the parent changed earlier, then `changes`
// (their steps are set to `step`), then what the parent has later but for the changed paths. Sorted by step.
std::vector<Intervention> forked_timeline(const std::vector<Intervention>& parent, std::int64_t step,
                                          const std::vector<Intervention>& changes);

struct Setting {
  std::string path;
  Value value;
};

// A parameter that a fork set, with what the parent had at that step.
struct ForkChange {
  std::string path;
  Value from, to;
  friend bool operator==(const ForkChange&, const ForkChange&) = default;
};

struct Fork {
  Preset preset;  // of the fork: a run of it from step 0 is the fork, figure for figure
  std::vector<ForkChange> changes;
};

// The fork of a run (its preset, and its timeline with what is still to come) at a step: the settings, of which the
// last counts for each path, act before that step is computed, and nothing that the parent changes on these paths at
// that step or later is kept; all else is. At step 0 they are set in the preset itself, and may need a rebuild.
// Problems: a setting that isn't allowed, one that needs a rebuild at a later step, a combination that isn't allowed,
// and a step at which nothing is left to train.
Result<Fork> fork_of(const Preset& parent, const std::vector<Intervention>& timeline, std::int64_t step,
                     const std::vector<Setting>& settings, const CombinationCheck& = {});

// Where a forked run comes from: parent.json in its folder.
struct Parent {
  std::filesystem::path folder;  // in parent.json relative to the fork's, or absolute; empty: it wasn't recorded
  std::string preset;            // its name
  std::int64_t seed = 0, step = 0;
  std::vector<ForkChange> changes;
};

// What the record of a forked run begins with: parent.json, and the parent's record before `step`.
struct RecordedPast {
  Parent parent;          // its folder as it is found from here; only read. Empty: nothing can be taken over
  std::int64_t step = 0;  // from which the fork goes on, at or before the one at which it may differ; 0: from the start
  std::shared_ptr<const Checkpoint> checkpoint = nullptr;  // of that step, if one is to be in the folder
};

std::string parent_json(const Parent& parent);
// The folder of a fork's parent as parent.json has it: relative, so that both can be moved together.
std::filesystem::path seen_from(const std::filesystem::path& child, const std::filesystem::path& parent);
// Nothing when the folder has no parent.json; problems when it can't be understood.
Result<std::optional<Parent>> recorded_parent(const std::filesystem::path& run, const ParameterTable&);

}  // namespace tessera
