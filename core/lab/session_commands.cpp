// What a session does on each command. Each function returns why the command was refused, or nothing.
#include <algorithm>
#include <set>
#include <stdexcept>

#include "core/lab/session_worker.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

struct GivenUp : std::runtime_error {  // a build, for another one or for closing
  using std::runtime_error::runtime_error;
};

std::string joined(const std::vector<Problem>& problems) { return InputError(problems).what(); }

// Whether it is how the run began, as a parameter is.
bool of_the_start(const Intervention& change) { return change.step == 0 && change.ramp == 0; }

bool planned_in(const std::vector<Intervention>& schedule, const Intervention& change) {
  const auto earlier = [](const Intervention& other, std::int64_t step) { return other.step < step; };
  auto at = std::lower_bound(schedule.begin(), schedule.end(), change.step, earlier);
  while (at != schedule.end() && at->step == change.step && at->path != change.path) ++at;
  return at != schedule.end() && *at == change;
}

}  // namespace

std::string Session::Worker::handle(Command& command) {
  try {
    std::string refused = std::visit([this](auto& kind) { return on(kind); }, command);
    write_changes();
    return refused;
  } catch (const StorageError& error) {
    not_written(error);
    return state_ == State::failed ? failure_ : "";  // paused, it is carried out
  } catch (...) {                                    // out of memory, say: what normally goes wrong is dealt with below
    fail(reason_of_failure());
    return failure_;
  }
}

std::string Session::Worker::on(command::Load& load) {
  const std::string name = load.preset.name.empty() ? load.preset.title : load.preset.name;
  return build(std::move(load.preset), "loaded " + (name.empty() ? "a preset" : name));
}

std::string Session::Worker::on(command::Play&) {
  set_state(State::running);
  return "";
}

std::string Session::Worker::on(command::Ask& ask) {
  try {
    ask.look(*engine_);
  } catch (...) {
    return reason_of_failure();
  }
  return "";
}

std::string Session::Worker::on(command::Pause&) {
  pause();
  return "";
}

std::string Session::Worker::on(command::Step& step) {
  if (step.count < 1) return "step: " + std::to_string(step.count) + "; allowed: 1 or more";
  set_state(State::running);
  steps_to_go_ = step.count;
  return "";
}

std::string Session::Worker::on(command::Reset& reset) {
  Preset preset = *preset_;
  if (reset.seed) {
    if (const auto problems = preset.parameters.set(seed_path, *reset.seed); !problems.empty()) return joined(problems);
  }
  const std::string done = reset.seed ? "reset with seed " + number_text(*reset.seed) : "reset";
  return build(std::move(preset), done + dropped(false));
}

std::string Session::Worker::on(command::Set& set) {
  const ParameterSpec* spec = preset_->parameters.table().find(set.path);
  if (spec == nullptr) return unknown_parameter(preset_->parameters.table(), set.path).text();
  if (set.rebuild && (spec->applies == Applies::rebuild || state_ == State::failed)) return set_and_rebuild(set);
  if (state_ == State::failed) return refusal<command::Play>(state_);
  if (spec->applies == Applies::rebuild) return set.path + ": a change needs a rebuild, which ends this run";
  const Result<Intervention> good = checked(Intervention{step_, set.path, set.value}, *parameters_, "");
  if (good) return set_live(set, good.value->value);
  const bool same = spec->path == steps_path && set.value == parameters_->get(steps_path);  // of a finished run
  return same ? "" : joined(good.problems);
}

std::string Session::Worker::set_live(const command::Set& set, const Value& value) {
  const bool planned = timeline_.planned_at(step_, set.path);
  if (value == parameters_->get(set.path) && !timeline_.ramping(set.path) && !planned) return "";
  if (timeline_.interventions().size() >= max_interventions && !planned) {
    return "the timeline is full (" + std::to_string(max_interventions) + " changes)";
  }
  const Intervention intervention{step_, set.path, value};
  Parameters next = *parameters_;
  next.set(set.path, value);
  if (options_.check) {
    if (const auto problems = options_.check(next); !problems.empty()) return joined(problems);
  }
  try {
    engine_->apply(next);
    parameters_ = std::move(next);
    shared_parameters_ = nullptr;
    timeline_.set(step_, set.path, value);
    shared_timeline_ = nullptr;
    if (options_.observer) options_.observer->changed(intervention);
  } catch (const InputError& error) {  // the engine's, which has changed nothing
    return joined(error.problems());
  } catch (...) {
    fail(reason_of_failure());
    return failure_;
  }
  if (state_ == State::finished && step_ < planned_steps()) set_state(State::paused);
  changes_unwritten_ = true;
  return "";
}

std::string Session::Worker::set_and_rebuild(const command::Set& set) {
  Preset preset = *preset_;
  for (const Intervention& change : timeline_.interventions()) {
    if (!of_the_start(change) || planned_in(preset_->schedule, change)) continue;
    preset.parameters.set(change.path, change.value);
    std::erase_if(preset.schedule,
                  [&](const Intervention& other) { return other.step == 0 && other.path == change.path; });
  }
  if (const auto problems = preset.parameters.set(set.path, set.value); !problems.empty()) return joined(problems);
  const std::string lost = dropped(true);
  if (const auto problems = check_preset(preset, options_.check); !problems.empty()) {
    return joined(problems) + (lost.empty() ? "" : " (a rebuild starts from the preset" + lost + ")");
  }
  const std::string now = to_string(preset.parameters.get(set.path));
  return build(std::move(preset), "rebuilt with " + set.path + " = " + now + lost);
}

// "; dropped: PATH = VALUE (step 7), ...": what was changed since the preset was loaded; keep_first: after its start.
std::string Session::Worker::dropped(bool keep_first) const {
  std::vector<std::string> changes;
  for (const Intervention& change : timeline_.interventions()) {
    if ((keep_first && of_the_start(change)) || planned_in(preset_->schedule, change)) continue;
    changes.push_back(change.path + " = " + to_string(change.value) + " (step " + number_text(change.step) + ")");
  }
  return changes.empty() ? "" : "; dropped: " + listed(changes, 8);
}

std::string Session::Worker::on(command::Schedule& schedule) {
  std::vector<Intervention> planned;
  std::set<std::pair<std::int64_t, std::string>> seen;
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < schedule.interventions.size(); ++i) {
    const std::string where = "schedule[" + std::to_string(i) + "]";
    Result<Intervention> good = checked(schedule.interventions[i], *parameters_, where);
    problems.insert(problems.end(), good.problems.begin(), good.problems.end());
    if (!good) continue;
    if (good.value->step < step_) {
      // It has happened since the plan was made, as planned.
      if (planned_in(timeline_.interventions(), *good.value)) continue;
      problems.push_back({where + ".step", number_text(good.value->step), number_text(step_) + " or later"});
    }
    if (!seen.emplace(good.value->step, good.value->path).second) {
      problems.push_back({where, good.value->path + " changes twice at step " + number_text(good.value->step), "once"});
    }
    planned.push_back(*std::move(good.value));
  }
  if (timeline_.happened() + planned.size() > max_interventions) {
    problems.push_back({"schedule", std::to_string(planned.size()) + " interventions",
                        "with those of the run so far at most " + std::to_string(max_interventions)});
  }
  std::stable_sort(planned.begin(), planned.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  if (problems.empty()) problems = check_schedule(planned, *parameters_, options_.check);
  if (!problems.empty()) return joined(problems);
  timeline_.replace_planned(planned);
  shared_timeline_ = nullptr;
  if (options_.observer) options_.observer->planned(timeline_.interventions());
  changes_unwritten_ = true;
  return "";
}

// When no step comes that they could be written with, nor another command: it may be one of many changes.
void Session::Worker::write_changes() {
  if (!changes_unwritten_ || !options_.observer || state_ == State::running) return;
  {
    const std::lock_guard lock(mutex_);
    if (!queue_.empty()) return;
  }
  changes_unwritten_ = false;
  options_.observer->paused();
}

std::string Session::Worker::build(Preset preset, const std::string& done) {
  const bool keep = engine_ != nullptr && description_ != nullptr && state_ != State::failed;
  const auto shared = std::make_shared<const Preset>(std::move(preset));
  const State before = state_ == State::running ? State::paused : state_;
  const std::string failure = failure_;
  try {
    save_if_wanted(true);
  } catch (...) {
    log(Severity::error, reason_of_failure());
  }
  set_state(State::building);
  publish();
  Description description;
  try {
    if (const auto problems = check_preset(*shared, options_.check); !problems.empty()) throw InputError(problems);
    if (!keep) engine_ = nullptr;  // after a failure nothing of the old engine is trusted
    if (!engine_) engine_ = make_engine_();
    engine_->watch([this](std::string_view doing, double share) { build_goes_on(doing, share); });
    description = engine_->build(*shared);
  } catch (const GivenUp& given_up) {
    if (!keep) engine_ = nullptr;
    set_state(before);
    failure_ = failure;
    given_up_ = true;
    if (options_.observer) options_.observer->given_up();
    return given_up.what();
  } catch (...) {
    const std::string reason = reason_of_failure();
    if (keep) {
      set_state(before);
      failure_ = failure;
      log(Severity::error, reason);
    } else {
      begin(nullptr, shared);
      fail(reason);
    }
    return reason;
  }
  try {
    if (keep) {
      set_state(before);
      try {
        end_run();
      } catch (const StorageError& error) {  // of the run that is replaced
        log(Severity::error, error.what());
      }
    }
    begin(std::make_shared<const Description>(std::move(description)), shared);
    set_state(State::ready);
    if (options_.observer) {
      options_.observer->started(*preset_, *description_);
      observing_ = true;
    }
  } catch (...) {
    fail(reason_of_failure());
    return failure_;
  }
  log(Severity::info, done);
  return "";
}

void Session::Worker::build_goes_on(std::string_view doing, double done) {
  {
    const std::lock_guard lock(mutex_);
    const bool another = std::any_of(queue_.begin(), queue_.end(), [](const auto& waiting) {
      return std::holds_alternative<command::Load>(waiting.second) ||
             std::holds_alternative<command::Continue>(waiting.second);
    });
    if (closing_ || another)
      throw GivenUp(closing_ ? "the build was given up: the run is closed" : "the build was given up for another one");
  }
  if (doing == building_ && Clock::now() - published_ < options_.publish_every) return;
  building_ = doing;
  built_ = done;
  publish();
}

// Everything of the run before is gone. Without a description there is no experiment, but a preset to try again.
void Session::Worker::begin(std::shared_ptr<const Description> description, std::shared_ptr<const Preset> preset) {
  description_ = std::move(description);
  preset_ = std::move(preset);
  parameters_ = preset_->parameters;
  timeline_ = Timeline(preset_->schedule);
  shared_parameters_ = nullptr;
  shared_timeline_ = nullptr;
  const std::size_t metrics = description_ ? description_->metrics.size() : 0;
  series_.assign(metrics, Series());
  matrices_.assign(metrics, nullptr);
  history_ = History(metrics, options_.history_bytes);
  shared_history_ = nullptr;
  step_ = 0;
  unwritten_ = changes_unwritten_ = false;
  ++run_;
  memory_ = 0;
  rate_.clear();
}

}  // namespace tessera
