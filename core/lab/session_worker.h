// The worker behind a Session: the thread, what it alone owns, and the few things that it shares. Only for
// session*.cpp.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "core/lab/checkpoint.h"
#include "core/lab/session.h"
#include "core/lab/storage_error.h"
#include "core/lab/timeline.h"

namespace tessera {

// How fast steps are done: over the last half second or more, so that the number can be read.
class RateMeter {
 public:
  using Clock = std::chrono::steady_clock;
  void start(std::int64_t step);  // running begins, or begins again
  void stop();                    // it pauses
  void count(std::int64_t steps_done);
  void clear();
  double steps_per_s() const { return rate_; }
  double seconds() const;  // spent running

 private:
  bool running_ = false;
  Clock::time_point started_{}, marked_{};
  std::int64_t marked_step_ = 0;
  double before_ = 0, rate_ = 0;  // seconds of running before started_
};

std::string reason_of_failure();  // what the exception under way says; within a catch

struct Session::Worker : private Telemetry {
 public:
  Worker(std::function<std::unique_ptr<Engine>()> make_engine, Options options);
  ~Worker() override;

  Ticket submit(Command command);
  std::vector<Outcome> take_outcomes();
  std::vector<Event> take_events();
  std::shared_ptr<const Snapshot> snapshot() const;
  bool wait(const std::function<bool(const Snapshot&)>& done, std::chrono::milliseconds limit) const;
  void ask_to_close();
  bool closed() const;

 private:
  using Clock = std::chrono::steady_clock;

  // --- the thread: session_worker.cpp ---
  void run();
  std::optional<std::pair<Ticket, Command>> next_command();
  void rest();           // until a command comes or the session closes
  bool wait_for_pace();  // false: interrupted by a command or the closing
  void one_step();
  bool prepare_step();  // applies what is due at the next step; false: the run is finished
  void finish_if_over();
  void pause();
  void close();

  void scalar(std::size_t metric, double value) override;  // from the engine, within a step
  void matrix(std::size_t metric, Matrix value) override;
  const MetricSpec& declared(std::size_t metric, int rank) const;

  void set_state(State state);
  void fail(const std::string& reason);
  void save_if_wanted(bool at_rest);
  void save_first();
  void save_checkpoint(std::filesystem::path file);
  void not_written(const StorageError& error);
  void end_run();  // tells the observer, once for each time that the run comes to rest
  void log(Severity severity, std::string text);
  std::shared_ptr<Snapshot> make_snapshot();
  void publish(const Outcome* outcome = nullptr);
  void tell_change();

  // --- commands: session_commands.cpp; what is returned is why it was refused, or empty ---
  std::string handle(Command& command);
  std::string on(command::Load&);
  std::string on(command::Play&);
  std::string on(command::Pause&);
  std::string on(command::Step&);
  std::string on(command::Reset&);
  std::string on(command::Set&);
  std::string on(command::Schedule&);
  std::string on(command::SaveCheckpoint&);
  std::string on(command::RestoreCheckpoint&);
  std::string on(command::TakeCheckpoint&);
  std::string on(command::Continue&);
  std::string on(command::Ask&);
  std::string set_live(const command::Set&, const Value& value);
  void write_changes();
  std::string set_and_rebuild(const command::Set&);
  std::string dropped(bool keep_first) const;
  std::string build(Preset preset, const std::string& done);
  void build_goes_on(std::string_view doing, double done);  // throws GivenUp
  void begin(std::shared_ptr<const Description> description, std::shared_ptr<const Preset> preset);
  Checkpoint checkpoint() const;
  std::string restore(Checkpoint& saved, const std::string& name);
  void go_on_from(Checkpoint& checkpoint);
  void take_over(const Snapshot& past);
  std::vector<std::shared_ptr<const Matrix>> frames_before(const Snapshot& past, std::size_t metric);

  std::int64_t planned_steps() const;  // 0: without end

  // Set at construction, then constant.
  const std::function<std::unique_ptr<Engine>()> make_engine_;
  const Options options_;

  // Of the worker thread alone.
  std::unique_ptr<Engine> engine_;
  State state_ = State::empty;
  std::string failure_;
  std::string building_;   // what the build is at
  double built_ = 0;       // of that, 0 to 1
  bool given_up_ = false;  // the last build was
  std::shared_ptr<const Description> description_;
  std::shared_ptr<const Preset> preset_;
  std::optional<Parameters> parameters_;  // in force; once there is a preset
  Timeline timeline_;
  std::shared_ptr<const Parameters> shared_parameters_;               // null: they changed since
  std::shared_ptr<const std::vector<Intervention>> shared_timeline_;  // null: it changed since
  std::vector<Series> series_;
  std::vector<std::shared_ptr<const Matrix>> matrices_;
  History history_;
  std::shared_ptr<const History> shared_history_;  // null: it changed since
  std::int64_t step_ = 0;                          // done
  std::int64_t steps_to_go_ = -1;                  // of a Step command; -1: until the end
  std::uint64_t run_, version_ = 0;
  Ticket answered_ = 0;
  std::uint64_t memory_ = 0;
  double bad_loss_ = 0;             // the first value of loss/total in this step that is not finite
  bool observing_ = false;          // the observer was told of a start, or of a step, and of no end since
  bool unwritten_ = false;          // the observer has not written all that it was told
  bool changes_unwritten_ = false;  // it was told of changes, and since then of no step or pause
  RateMeter rate_;
  Clock::time_point published_{}, memory_read_{}, step_began_{};
  bool unpublished_ = false;  // a step was done since

  // Shared; mutex_ is never held while the engine, the observer or on_change works.
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;  // a new snapshot
  std::condition_variable wake_;             // a command, or the closing
  std::deque<std::pair<Ticket, Command>> queue_;
  bool closing_ = false, closed_ = false;  // asked for; the thread is at its end
  Ticket last_ticket_ = 0;
  std::vector<Outcome> outcomes_;
  std::deque<Event> events_;
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<Snapshot>();

  std::jthread thread_;  // last: it starts when all else is there
};

}  // namespace tessera
