// Saving and restoring within a session.
#include <algorithm>
#include <map>
#include <stdexcept>

#include "core/lab/session_worker.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

// What differs between the experiment of a checkpoint and one with these parameters; empty when it fits.
std::string mismatch(const Checkpoint& checkpoint, const Parameters& here) {
  const Parameters& saved = checkpoint.parameters;
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

}  // namespace

Checkpoint Session::Worker::checkpoint() const {
  Checkpoint made(*parameters_);
  made.step = step_;
  made.timeline = timeline_.interventions();
  made.ramps = timeline_.ramps();
  engine_->save(made.parts);
  return made;
}

// Into the file, or where the observer keeps them; nowhere if it has no place.
void Session::Worker::save_checkpoint(std::filesystem::path file) {
  const bool of_the_run = file.empty();
  if (of_the_run && options_.observer) file = options_.observer->checkpoint_place(step_);
  if (file.empty()) throw std::runtime_error("this run is not recorded: there is no folder for its checkpoints");
  write_checkpoint(checkpoint(), file);
  if (of_the_run) options_.observer->checkpoint_saved(step_);
  log(Severity::info, "checkpoint saved: " + file.string());
}

std::string Session::Worker::on(command::SaveCheckpoint& save) {
  try {
    save_checkpoint(save.file);
  } catch (...) {
    const std::string reason = reason_of_failure();
    log(Severity::error, "checkpoint not saved: " + reason);
    return reason;
  }
  return "";
}

// An engine that can't be saved is no reason to end the run. A disk that is full is told to the caller.
void Session::Worker::save_if_wanted(bool at_rest) {
  const bool under_way = observing_ && step_ > 0 && (state_ == State::running || state_ == State::paused);
  if (!under_way || !options_.observer->checkpoint_wanted(step_, at_rest)) return;
  try {
    save_checkpoint({});
  } catch (const StorageError&) {
    throw;
  } catch (...) {
    log(Severity::error, "checkpoint not saved: " + reason_of_failure());
  }
}

// A run that didn't begin at step 0 here: without a checkpoint, all before its first one would have to be trained
// again.
void Session::Worker::save_first() {
  if (!options_.observer || step_ == 0 || state_ != State::paused) return;
  try {
    if (!options_.observer->checkpoint_place(step_).empty()) save_checkpoint({});
  } catch (const StorageError&) {
    throw;
  } catch (...) {
    log(Severity::error, "checkpoint not saved: " + reason_of_failure());
  }
}

std::string Session::Worker::on(command::RestoreCheckpoint& command) {
  const std::string file = command.file.string();
  std::string reason;
  try {
    Checkpoint saved = read_checkpoint(command.file, preset_->parameters.table());
    reason = mismatch(saved, preset_->parameters);
    if (!reason.empty()) reason = file + ": " + reason;
    if (reason.empty() && state_ == State::failed) reason = build(*preset_, "built anew");
    if (reason.empty()) reason = restore(saved, file);
  } catch (const StorageError&) {
    throw;
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
// A StorageError is of the observer, when all is restored.
std::string Session::Worker::restore(Checkpoint& saved, const std::string& name) {
  Checkpoint now = checkpoint();
  if (state_ == State::running) set_state(State::paused);
  try {
    try {
      engine_->restore(saved.parts);
      engine_->apply(saved.parameters);
    } catch (...) {
      const std::string reason = name + ": " + reason_of_failure();
      engine_->restore(now.parts);
      engine_->apply(now.parameters);
      return reason;
    }
    go_on_from(saved);
  } catch (const StorageError&) {
    throw;
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
  history_.cut(step_);
  shared_history_ = nullptr;
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    if (matrices_[i] && matrices_[i]->step >= step_) matrices_[i] = history_.at(i, step_ - 1);
  }
  ++run_;
  unwritten_ = false;
  changes_unwritten_ = false;  // what was planned beyond the checkpoint may be planned again: the observer still has it
  set_state(planned_steps() > 0 && step_ >= planned_steps() ? State::finished : State::paused);
  if (options_.observer) options_.observer->restored(step_, timeline_.interventions());
}

std::string Session::Worker::on(command::TakeCheckpoint& take) {
  try {
    if (options_.observer) options_.observer->paused();
    auto made = std::make_shared<const Checkpoint>(checkpoint());
    take.to(std::move(made), make_snapshot());
  } catch (...) {
    const std::string reason = reason_of_failure();
    log(Severity::error, "no checkpoint: " + reason);
    return reason;
  }
  return "";
}

std::string Session::Worker::on(command::Continue& command) {
  // Nothing has happened yet, and the preset's parameters count: a fork has its changes there.
  if (command.from->step == 0) {
    command::Load load{std::move(command.preset)};
    return on(load);
  }
  Checkpoint from = *command.from;
  if (std::string reason = mismatch(from, command.preset.parameters); !reason.empty()) return reason;
  const std::string name = command.preset.name.empty() ? command.preset.title : command.preset.name;
  from.timeline = command.preset.schedule;
  std::string reason = build(std::move(command.preset), "loaded " + (name.empty() ? "a preset" : name));
  const auto take_over_past = [&] {
    if (command.past) take_over(*command.past);
  };
  try {
    try {
      if (reason.empty()) reason = restore(from, "checkpoint");
    } catch (const StorageError&) {  // of the observer, when all is restored
      take_over_past();
      throw;
    }
    if (!reason.empty()) return reason;
    take_over_past();
  } catch (const StorageError&) {
    throw;
  } catch (...) {  // of the observer
    fail(reason_of_failure());
    return failure_;
  }
  save_first();
  log(Severity::info, "goes on from step " + number_text(step_));
  return "";
}

// What it still has of a metric's matrices before this step, in their order.
std::vector<std::shared_ptr<const Matrix>> Session::Worker::frames_before(const Snapshot& past, std::size_t metric) {
  std::vector<std::shared_ptr<const Matrix>> frames;
  const std::size_t count = past.history && metric < past.history->metrics() ? past.history->size(metric) : 0;
  for (std::size_t n = 0; n < count && past.history->frame(metric, n)->step < step_; ++n) {
    frames.push_back(past.history->frame(metric, n));
  }
  const auto& newest = past.matrices[metric];
  if (frames.empty() && newest && newest->step < step_) frames.push_back(newest);
  return frames;
}

// The figures of the run so far, as if they had been measured here. Metrics that it doesn't have begin now.
void Session::Worker::take_over(const Snapshot& past) {
  std::map<std::int64_t, std::vector<std::pair<std::size_t, double>>> rows;  // by step
  const bool tell = options_.observer && !options_.observer->has_past(step_);
  const std::vector<MetricSpec>& metrics = description_->metrics;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const auto same = [&](const MetricSpec& other) {
      return other.name == metrics[i].name && other.rank == metrics[i].rank;
    };
    const auto& theirs = past.description->metrics;
    const auto found = std::find_if(theirs.begin(), theirs.end(), same);
    if (found == theirs.end()) continue;
    const auto place = static_cast<std::size_t>(found - theirs.begin());
    series_[i] = past.series[place];
    series_[i].cut(step_);
    for (const auto& frame : frames_before(past, place)) {
      if (tell) options_.observer->matrix(metrics[i], *frame);
      if (options_.history_bytes > 0) history_.append(i, frame);
      matrices_[i] = frame;
    }
    for (std::size_t n = 0; tell && n < series_[i].size(); ++n) {
      rows[series_[i][n].step].emplace_back(i, series_[i][n].value);
    }
  }
  shared_history_ = nullptr;
  for (const auto& [step, values] : rows) {
    for (const auto& [metric, value] : values) options_.observer->scalar(step, metrics[metric], value);
  }
}

}  // namespace tessera
