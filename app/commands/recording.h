// Runs that are written into folders.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/lab/fork.h"
#include "core/lab/recorder.h"

namespace tessera::commands {

// What is wrong with the folder is told (InputError) as the option that named it.
std::shared_ptr<RunRecorder> open_recorder(const std::string& option, const std::filesystem::path& folder,
                                           RunRecorder::Existing existing = RunRecorder::Existing::refuse,
                                           RunRecorder::Checkpoints checkpoints = {});

// "runs/specialize-first-light-1-20260131-142530": preset, seed, local time. To be opened with `beside`: two runs may
// start in the same second.
std::filesystem::path default_run_folder(const Preset& preset);

// Records every run of a window: the first in the folder given; those after a reset, or with another preset, in
// folders beside it, with a number more.
class WindowRecorder : public Observer {
 public:
  // past: of a run that was forked in the window.
  explicit WindowRecorder(const std::filesystem::path& folder,
                          RunRecorder::Existing existing = RunRecorder::Existing::refuse,
                          std::optional<RecordedPast> past = std::nullopt);
  std::filesystem::path folder() const;  // of the run that is there now; any thread
  void started(const Preset&, const Description&) override;
  void given_up() override;
  void scalar(std::int64_t step, const MetricSpec&, double value) override;
  void matrix(const MetricSpec&, const Matrix&) override;
  void changed(const Intervention&) override;
  void stepped(std::int64_t steps_done, double seconds, std::uint64_t memory_bytes) override;
  void paused() override;
  void restored(std::int64_t step, const std::vector<Intervention>& timeline) override;
  bool has_past(std::int64_t step) override;
  void planned(const std::vector<Intervention>& timeline) override;
  bool checkpoint_wanted(std::int64_t step, bool at_rest) override;
  std::filesystem::path checkpoint_place(std::int64_t step) override;
  void checkpoint_saved(std::int64_t step) override;
  void ended(State, const Snapshot&) override;

 private:
  std::shared_ptr<RunRecorder> recorder_;  // of the run that is there now
  std::filesystem::path folder_;           // of the first
  int runs_ = 0;
  mutable std::mutex mutex_;
  std::filesystem::path now_;  // with mutex_: the folder of recorder_
};

}  // namespace tessera::commands
