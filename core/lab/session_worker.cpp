// The worker thread of a session: it trains, waits, and publishes what came of it.
#include "core/lab/session_worker.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr std::size_t most_events = 1000;  // kept until somebody takes them
constexpr auto memory_every = std::chrono::milliseconds(500);
constexpr auto longest_gap = std::chrono::hours(1);  // between steps, however slow the pace

}  // namespace

std::string reason_of_failure() {
  try {
    throw;
  } catch (const std::exception& error) {
    const std::string_view what = error.what();
    return what.empty() ? "failed without a reason" : std::string(what.substr(0, 4000));
  } catch (...) {
    return "failed for an unknown reason";
  }
}

void RateMeter::start(std::int64_t step) {
  running_ = true;
  started_ = marked_ = Clock::now();
  marked_step_ = step;
}

void RateMeter::stop() {
  before_ = seconds();
  running_ = false;
}

void RateMeter::count(std::int64_t steps_done) {
  const auto now = Clock::now();
  const double elapsed = std::chrono::duration<double>(now - marked_).count();
  const bool first = rate_ == 0;  // a rough number soon is better than none
  if (elapsed <= 0 || (elapsed < 0.5 && !first)) return;
  rate_ = static_cast<double>(steps_done - marked_step_) / elapsed;
  if (elapsed < 0.5) return;
  marked_ = now;
  marked_step_ = steps_done;
}

void RateMeter::clear() { *this = RateMeter(); }

double RateMeter::seconds() const {
  return before_ + (running_ ? std::chrono::duration<double>(Clock::now() - started_).count() : 0);
}

void Session::Worker::run() {
  while (true) {
    while (auto next = next_command()) {
      Outcome outcome{next->first, false, refusal(state_, next->second.index())};
      if (outcome.text.empty()) outcome.text = handle(next->second);
      outcome.accepted = outcome.text.empty();
      outcome.given_up = std::exchange(given_up_, false);
      answered_ = outcome.ticket;
      publish(&outcome);
    }
    {
      const std::lock_guard lock(mutex_);
      if (closing_) break;
    }
    if (state_ != State::running) {
      rest();
    } else if (wait_for_pace()) {
      one_step();
    }
  }
  close();
}

std::optional<std::pair<Ticket, Command>> Session::Worker::next_command() {
  const std::lock_guard lock(mutex_);
  if (closing_ || queue_.empty()) return std::nullopt;
  std::optional next = std::move(queue_.front());
  queue_.pop_front();
  return next;
}

void Session::Worker::rest() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
}

bool Session::Worker::wait_for_pace() {
  const ParameterSpec* spec = parameters_->table().find(pace_path);
  if (!options_.paced || spec == nullptr || steps_to_go_ >= 0) return true;
  const Value& value = parameters_->get(pace_path);
  const double pace = spec->kind == Kind::integer ? static_cast<double>(std::get<std::int64_t>(value))
                      : spec->kind == Kind::real  ? std::get<double>(value)
                                                  : 0;
  if (pace <= 0) return true;
  const auto gap = std::min<std::chrono::duration<double>>(std::chrono::duration<double>(1 / pace), longest_gap);
  const auto until = step_began_ + std::chrono::duration_cast<Clock::duration>(gap);
  const auto interrupted = [this] { return closing_ || !queue_.empty(); };
  while (true) {
    const auto publish_at = published_ + options_.publish_every;
    const bool publish_first = unpublished_ && publish_at < until;  // what is known is shown while it waits
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_until(lock, publish_first ? publish_at : until, interrupted)) return false;
    }
    if (!publish_first) return true;
    publish();
  }
}

bool Session::Worker::prepare_step() {
  const Timeline::Due due = timeline_.advance(step_, *parameters_);
  if (due.changed) shared_parameters_ = nullptr;
  for (const Intervention& started : due.started) {
    if (options_.observer) options_.observer->changed(started);
    std::string text = started.path + " = " + to_string(started.value);
    if (started.ramp > 0) text += " over " + number_text(started.ramp) + " steps";
    log(Severity::info, text + " (scheduled)");
  }
  // The schedule was checked, but not together with what a person has changed since.
  if (options_.check && !due.started.empty()) {
    if (const auto problems = options_.check(*parameters_); !problems.empty()) throw InputError(problems);
  }
  if (due.changed) engine_->apply(*parameters_);
  return planned_steps() == 0 || step_ < planned_steps();
}

void Session::Worker::one_step() {
  bool within = false;  // the step is half done
  try {
    if (unwritten_) options_.observer->paused();
    unwritten_ = false;
    step_began_ = Clock::now();
    if (prepare_step()) {
      bad_loss_ = 0;
      observing_ = options_.observer != nullptr;
      within = true;
      engine_->step(step_, step_ + 1 == planned_steps(), *this);
      within = false;
      if (bad_loss_ != 0) {
        throw TrainingError("loss/total is " + number_text(bad_loss_) + " at step " + number_text(step_));
      }
      ++step_;
      rate_.count(step_);
      if (steps_to_go_ > 0) --steps_to_go_;
      if (options_.observer) options_.observer->stepped(step_, rate_.seconds(), memory_);
      save_if_wanted(false);
    }
    finish_if_over();
    if (state_ == State::running && steps_to_go_ == 0) pause();
  } catch (const StorageError& error) {
    within ? fail(error.what()) : not_written(error);
  } catch (...) {
    fail(reason_of_failure());
  }
  unpublished_ = true;
  if (state_ != State::running || Clock::now() - published_ >= options_.publish_every) publish();
}

// What is scheduled at the planned end may plan further steps; so it is applied before the run counts as finished.
void Session::Worker::finish_if_over() {
  if (planned_steps() == 0 || step_ < planned_steps() || prepare_step()) return;
  set_state(State::finished);
  log(Severity::info, "finished after " + number_text(step_) + " steps");
  end_run();
}

// Between two steps nothing of the training is lost: it is all in memory, and so is what the observer couldn't write.
void Session::Worker::not_written(const StorageError& error) {
  if (options_.unwritable == Options::Unwritable::fail) return fail(error.what());
  unwritten_ = true;
  observing_ = true;  // it may have been at its end: that will be told again
  set_state(State::paused);
  failure_ = std::string(error.what()) + "; the run is paused, and nothing is lost: free some space and press play";
  log(Severity::error, failure_);
}

void Session::Worker::pause() {
  set_state(State::paused);
  if (options_.observer) options_.observer->paused();
}

void Session::Worker::close() {
  try {
    save_if_wanted(true);
    end_run();
  } catch (...) {
    log(Severity::error, reason_of_failure());
  }
  try {
    engine_.reset();
  } catch (...) {  // a destructor that throws has already ended the program, unless it was declared to
    log(Severity::error, reason_of_failure());
  }
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  tell_change();
}

const MetricSpec& Session::Worker::declared(std::size_t metric, int rank) const {
  if (metric >= description_->metrics.size()) {
    throw std::logic_error("the engine wrote metric " + std::to_string(metric) + ", which it has not declared");
  }
  const MetricSpec& spec = description_->metrics[metric];
  if (spec.rank != rank) throw std::logic_error(spec.name + " was declared with another rank than it has");
  return spec;
}

void Session::Worker::scalar(std::size_t metric, double value) {
  const MetricSpec& spec = declared(metric, 0);
  series_[metric].append({step_, value});
  if (options_.observer) options_.observer->scalar(step_, spec, value);
  if (!std::isfinite(value) && bad_loss_ == 0 && spec.name == "loss/total") bad_loss_ = value;
}

void Session::Worker::matrix(std::size_t metric, Matrix value) {
  const MetricSpec& spec = declared(metric, 2);
  if (value.rows < 0 || value.columns < 0 ||
      value.values.size() != static_cast<std::size_t>(value.rows) * static_cast<std::size_t>(value.columns)) {
    throw std::logic_error(spec.name + " has not as many values as rows times columns");
  }
  value.step = step_;
  auto shared = std::make_shared<const Matrix>(std::move(value));
  if (options_.observer) options_.observer->matrix(spec, *shared);
  if (options_.history_bytes > 0) {
    history_.append(metric, shared);
    shared_history_ = nullptr;
  }
  matrices_[metric] = std::move(shared);
}

std::int64_t Session::Worker::planned_steps() const {
  if (!parameters_) return 0;
  const ParameterSpec* spec = parameters_->table().find(steps_path);
  return spec == nullptr || spec->kind != Kind::integer ? 0 : parameters_->integer(steps_path);
}

void Session::Worker::set_state(State state) {
  if (state == State::running && state_ != State::running) {
    rate_.start(step_);
    step_began_ = Clock::now() - longest_gap;  // the first step waits for no pace
  }
  if (state != State::running && state_ == State::running) rate_.stop();
  state_ = state;
  building_.clear();
  built_ = 0;
  if (state != State::running) steps_to_go_ = -1;
  if (state != State::failed) failure_.clear();
}

void Session::Worker::fail(const std::string& reason) {
  set_state(State::failed);
  failure_ = reason;
  log(Severity::error, reason);
  try {
    end_run();
  } catch (...) {
    log(Severity::error, reason_of_failure());
  }
}

void Session::Worker::end_run() {
  if (!std::exchange(observing_, false)) return;
  options_.observer->ended(state_, *make_snapshot());
}

void Session::Worker::log(Severity severity, std::string text) {
  const std::lock_guard lock(mutex_);
  if (events_.size() >= most_events) events_.pop_front();
  events_.push_back({severity, step_, std::move(text), std::chrono::system_clock::now()});
}

std::shared_ptr<Snapshot> Session::Worker::make_snapshot() {
  if (parameters_ && !shared_parameters_) shared_parameters_ = std::make_shared<const Parameters>(*parameters_);
  if (!shared_timeline_) {
    shared_timeline_ = std::make_shared<const std::vector<Intervention>>(timeline_.interventions());
  }
  if (!shared_history_ && options_.history_bytes > 0) shared_history_ = std::make_shared<const History>(history_);
  auto made = std::make_shared<Snapshot>();
  made->version = version_;
  made->run = run_;
  made->answered = answered_;
  made->state = state_;
  made->step = step_;
  made->steps = planned_steps();
  made->steps_per_s = rate_.steps_per_s();
  if (state_ == State::running && made->steps > step_ && made->steps_per_s > 0) {
    made->seconds_left = static_cast<double>(made->steps - step_) / made->steps_per_s;
  }
  made->memory_bytes = memory_;
  made->building = building_;
  made->built = built_;
  made->failure = failure_;
  made->description = description_;
  made->preset = preset_;
  made->parameters = shared_parameters_;
  made->timeline = shared_timeline_;
  made->series = series_;
  made->matrices = matrices_;
  made->history = shared_history_;
  return made;
}

void Session::Worker::publish(const Outcome* outcome) {
  const auto now = Clock::now();
  if (engine_ && description_ && (memory_ == 0 || now - memory_read_ >= memory_every)) {
    memory_read_ = now;
    try {
      memory_ = engine_->memory_bytes();
    } catch (...) {  // not worth a run
      memory_ = 0;
    }
  }
  ++version_;
  std::shared_ptr<const Snapshot> made = make_snapshot();
  published_ = now;
  unpublished_ = false;
  {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(made);
    if (outcome != nullptr) outcomes_.push_back(*outcome);
  }
  made.reset();  // perhaps the last owner of a large snapshot: not within the lock
  changed_.notify_all();
  tell_change();
}

void Session::Worker::tell_change() {
  if (!options_.on_change) return;
  try {
    options_.on_change();
  } catch (...) {
    log(Severity::error, reason_of_failure());
  }
}

}  // namespace tessera
