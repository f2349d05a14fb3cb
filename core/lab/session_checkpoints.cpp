// Saving and restoring within a session.
#include "core/lab/session_worker.h"
#include "core/lab/text.h"

namespace tessera {

Checkpoint Session::Worker::checkpoint() const {
  Checkpoint made(*parameters_);
  made.step = step_;
  made.timeline = timeline_.interventions();
  made.ramps = timeline_.ramps();
  engine_->save(made.parts);
  return made;
}

// A disk that is full or an engine that can't be saved is no reason to end the run.
std::string Session::Worker::on(command::SaveCheckpoint& save) {
  try {
    write_checkpoint(checkpoint(), save.file);
  } catch (...) {
    const std::string reason = reason_of_failure();
    log(Severity::error, "checkpoint not saved: " + reason);
    return reason;
  }
  log(Severity::info, "checkpoint saved: " + save.file.string());
  return "";
}

// What differs between the experiment of a checkpoint and this one; empty when it fits.
std::string Session::Worker::mismatch(const Checkpoint& checkpoint) const {
  const Parameters& saved = checkpoint.parameters;
  const Parameters& here = preset_->parameters;
  const auto differs = [&](const std::string& path) {
    return "the checkpoint is of another experiment: " + path + " is " + in_quotes(to_string(saved.get(path))) +
           " there and " + in_quotes(to_string(here.get(path))) + " here";
  };
  for (const ParameterSpec& spec : here.table().specs()) {
    if (spec.applies == Applies::rebuild && saved.get(spec.path) != here.get(spec.path)) return differs(spec.path);
  }
  for (const Parameters* either : {&saved, &here}) {
    for (const auto& [path, value] : either->overrides()) {
      const bool structure = here.table().find(path)->applies == Applies::rebuild;
      if (structure && saved.get(path) != here.get(path)) return differs(path);
    }
  }
  return "";
}

std::string Session::Worker::on(command::RestoreCheckpoint& command) {
  const std::string file = command.file.string();
  std::string reason;
  try {
    Checkpoint saved = read_checkpoint(command.file, preset_->parameters.table());
    reason = mismatch(saved);
    if (!reason.empty()) reason = file + ": " + reason;
    if (reason.empty() && state_ == State::failed) reason = build(*preset_, "built anew");
    if (reason.empty()) reason = restore(saved, file);
  } catch (...) {
    reason = reason_of_failure();
  }
  if (reason.empty()) {
    log(Severity::info, "checkpoint restored: " + file);
  } else if (state_ != State::failed) {
    log(Severity::error, "checkpoint not restored: " + reason);
  }
  return reason;
}

// What the engine throws before it is touched is thrown on. Once it is touched, a failure leads back to where it was.
std::string Session::Worker::restore(Checkpoint& saved, const std::string& file) {
  Checkpoint now = checkpoint();
  if (state_ == State::running) set_state(State::paused);
  try {
    try {
      engine_->restore(saved.parts);
      engine_->apply(saved.parameters);
    } catch (...) {
      const std::string reason = file + ": " + reason_of_failure();
      engine_->restore(now.parts);
      engine_->apply(now.parameters);
      return reason;
    }
    go_on_from(saved);
  } catch (...) {
    fail(reason_of_failure());
    return failure_;
  }
  return "";
}

void Session::Worker::go_on_from(Checkpoint& saved) {
  step_ = saved.step;
  parameters_ = std::move(saved.parameters);
  timeline_ = Timeline(std::move(saved.timeline), std::move(saved.ramps), step_);
  shared_parameters_ = nullptr;
  shared_timeline_ = nullptr;
  for (Series& series : series_) series.cut(step_);
  for (auto& matrix : matrices_) {
    if (matrix && matrix->step >= step_) matrix = nullptr;
  }
  ++run_;
  if (options_.observer) options_.observer->restored(step_, timeline_.interventions());
  set_state(planned_steps() > 0 && step_ >= planned_steps() ? State::finished : State::paused);
}

}  // namespace tessera
