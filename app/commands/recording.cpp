// Runs that are written into folders.
#include "app/commands/recording.h"

#include <algorithm>
#include <ctime>

namespace fs = std::filesystem;

namespace tessera::commands {
namespace {

// Of a window: also when it is closed.
RunRecorder::Checkpoints at_rest() {
  RunRecorder::Checkpoints checkpoints;
  checkpoints.at_rest = true;
  return checkpoints;
}

}  // namespace

std::shared_ptr<RunRecorder> open_recorder(const std::string& option, const fs::path& folder,
                                           RunRecorder::Existing existing, RunRecorder::Checkpoints checkpoints) {
  if (folder.empty()) throw InputError({{option, "is empty", "a folder"}});
  try {
    return std::make_shared<RunRecorder>(folder.lexically_normal(), existing, checkpoints);
  } catch (const InputError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) problem.where = option + " " + problem.where;
    throw InputError(std::move(problems));
  }
}

fs::path default_run_folder(const Preset& preset) {
  std::string name = preset.name;
  std::replace(name.begin(), name.end(), '/', '-');
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  localtime_r(&now, &local);
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%d-%H%M%S", &local);
  const std::string seed = std::to_string(preset.parameters.integer("run.seed"));
  return fs::path("runs") / (name + "-" + seed + "-" + time);
}

WindowRecorder::WindowRecorder(const fs::path& folder, RunRecorder::Existing existing, std::optional<RecordedPast> past)
    : recorder_(open_recorder("--out", folder, existing, at_rest())), folder_(recorder_->folder()) {
  if (past) recorder_->begin_with(*std::move(past));
}

fs::path WindowRecorder::folder() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void WindowRecorder::started(const Preset& preset, const Description& description) {
  if (++runs_ > 1) recorder_ = open_recorder("--out", folder_, RunRecorder::Existing::beside, at_rest());
  recorder_->started(preset, description);
  const std::lock_guard lock(mutex_);
  now_ = recorder_->folder();
}

void WindowRecorder::given_up() { recorder_->given_up(); }

void WindowRecorder::scalar(std::int64_t step, const MetricSpec& metric, double value) {
  recorder_->scalar(step, metric, value);
}

void WindowRecorder::matrix(const MetricSpec& metric, const Matrix& matrix) { recorder_->matrix(metric, matrix); }

void WindowRecorder::changed(const Intervention& change) { recorder_->changed(change); }

void WindowRecorder::stepped(std::int64_t steps_done, double seconds, std::uint64_t memory_bytes) {
  recorder_->stepped(steps_done, seconds, memory_bytes);
}

void WindowRecorder::paused() { recorder_->paused(); }

void WindowRecorder::restored(std::int64_t step, const std::vector<Intervention>& timeline) {
  recorder_->restored(step, timeline);
}

bool WindowRecorder::has_past(std::int64_t step) { return recorder_->has_past(step); }

void WindowRecorder::planned(const std::vector<Intervention>& timeline) { recorder_->planned(timeline); }

bool WindowRecorder::checkpoint_wanted(std::int64_t step, bool at_rest) {
  return recorder_->checkpoint_wanted(step, at_rest);
}

fs::path WindowRecorder::checkpoint_place(std::int64_t step) { return recorder_->checkpoint_place(step); }

void WindowRecorder::checkpoint_saved(std::int64_t step) { recorder_->checkpoint_saved(step); }

void WindowRecorder::ended(State state, const Snapshot& snapshot) { recorder_->ended(state, snapshot); }

}  // namespace tessera::commands
