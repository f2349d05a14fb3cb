// A session owns the worker thread that trains, and everything that passes between it and the window: commands in,
// outcomes, events and snapshots out. No lock is held while the engine works.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/lab/checkpoint.h"
#include "core/lab/engine.h"
#include "core/lab/history.h"
#include "core/lab/series.h"

namespace tessera {

struct Snapshot;

enum class State { empty, building, ready, running, paused, finished, failed };
const char* to_string(State);

namespace command {
// Builds it; then `ready`. When it can't be built the experiment before stays as it was (paused), and the outcome says
// why; without one, or after a failure, the session is `failed`. A build that takes long is given up for another one
// (a Load or Continue that comes meanwhile) and for closing: then all stays as it was.
struct Load {
  Preset preset;
};
struct Play {};
struct Pause {};
struct Step {  // so many steps, then `paused`; answered when they begin
  int count = 1;
};
// Back to step 0 of the loaded preset; without a seed: the same one. What was changed since is dropped (an event names
// it).
struct Reset {
  std::optional<std::int64_t> seed;
};
// A parameter. A live one acts at the next step, ends a ramp under way and goes into the timeline. One that needs a
// rebuild is refused unless `rebuild`: then the preset is changed and built anew. Its schedule is kept; what was
// changed before the first step becomes part of it, later changes are dropped (an event names them).
struct Set {
  std::string path;
  Value value;
  bool rebuild = false;
};
struct Schedule {  // replaces those still to come
  std::vector<Intervention> interventions;
};
struct SaveCheckpoint {
  std::filesystem::path file;  // empty: where the observer keeps those of the run
};
// Then `paused` at the checkpoint's step. It must come from an experiment with the same rebuild parameters. When it
// can't be used, the experiment stays as it was.
struct RestoreCheckpoint {
  std::filesystem::path file;
};
// Hands over a checkpoint in memory: `to` is called on the worker, with the snapshot of the same moment, when the
// observer has written all before it. Refused when that can't be.
struct TakeCheckpoint {
  std::function<void(std::shared_ptr<const Checkpoint>, std::shared_ptr<const Snapshot>)> to;
};
// Goes on with another run, here: builds `preset` like Load, then takes over the state of the checkpoint, and from
// `past`, if there is one, the figures up to its step. What follows is the preset's schedule from that step on; its
// changes before it should be the past's. A checkpoint of it is saved where the observer keeps those of the run.
// Refused like a Load, or when the checkpoint is of another experiment: then what was there stays. When the engine
// can't take over the checkpoint's state, the outcome says why, and `preset` is what there is: built, at step 0.
struct Continue {
  Preset preset;
  std::shared_ptr<const Checkpoint> from;  // not null
  std::shared_ptr<const Snapshot> past;
};
// Looks at the engine between two steps: `look` is called on the worker, which waits for it. What it throws is why the
// command is refused; the run goes on.
struct Ask {
  std::function<void(const Engine&)> look;
};
}  // namespace command

using Command = std::variant<command::Load, command::Play, command::Pause, command::Step, command::Reset, command::Set,
                             command::Schedule, command::SaveCheckpoint, command::RestoreCheckpoint,
                             command::TakeCheckpoint, command::Continue, command::Ask>;
inline constexpr std::size_t command_kinds = std::variant_size_v<Command>;

// The index in Command of a kind of command.
template <class C, class... Kinds>
constexpr std::size_t index_in(std::type_identity<std::variant<Kinds...>>) {
  std::size_t index = 0;
  (void)((std::is_same_v<C, Kinds> || (++index, false)) || ...);
  return index;
}
template <class C>
inline constexpr std::size_t command_kind = index_in<C>(std::type_identity<Command>());

// Why a command of this kind (index in Command) is refused in a state; empty when it is allowed. One constexpr table;
// also the tooltip of a greyed-out button.
const char* refusal(State, std::size_t command_kind);
template <class C>
const char* refusal(State state) {
  static_assert(command_kind<C> < command_kinds, "not a command");
  return refusal(state, command_kind<C>);
}

using Ticket = std::uint64_t;
struct Outcome {
  Ticket ticket = 0;
  bool accepted = false;
  std::string text;       // why it was refused, or empty
  bool given_up = false;  // its build was, for another one or for closing
};

enum class Severity { info, warning, error };
struct Event {
  Severity severity = Severity::info;
  std::int64_t step = 0;
  std::string text;
  std::chrono::system_clock::time_point when;
};

// One immutable view of the run, as new as 50 ms.
struct Snapshot {
  std::uint64_t version = 0;  // rises by one with each
  std::uint64_t run = 0;      // rises with each build and restore: caches of an older run are void
  Ticket answered = 0;        // all commands up to this one have been carried out or refused
  State state = State::empty;
  std::int64_t step = 0, steps = 0;  // done, planned (run.steps; 0 where there is no such parameter: without end)
  double steps_per_s = 0, seconds_left = 0;  // 0: not known
  std::uint64_t memory_bytes = 0;
  std::string building;                            // what a build that takes long is at; empty: nothing known
  double built = 0;                                // how much of that is done, 0 to 1
  std::string failure;                             // why it failed, or why it paused by itself; empty otherwise
  std::shared_ptr<const Description> description;  // null until something was built
  std::shared_ptr<const Preset> preset;            // as loaded (with rebuild parameters changed since)
  std::shared_ptr<const Parameters> parameters;    // in force now
  std::shared_ptr<const std::vector<Intervention>> timeline;  // what was changed, and the schedule still to come
  std::vector<Series> series;  // parallel to description->metrics; empty for matrices. A point's step is the number of
                               // the step it was measured in, from 0, like an intervention's
  std::vector<std::shared_ptr<const Matrix>> matrices;  // parallel to description->metrics; null until there is one
  std::shared_ptr<const History> history;               // the matrices before them; null: none is kept
};

// Is told all that happens in a run, losslessly, on the worker thread; the run recorder is one. What it throws fails
// the run; but a StorageError between two steps only pauses it, if the session is to (Session::Options).
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void started(const Preset&, const Description&) = 0;  // after each build
  virtual void given_up() {}  // a build was, for another one: if none has started yet, there is nothing to go on from
  virtual void scalar(std::int64_t step, const MetricSpec&, double value) = 0;
  virtual void matrix(const MetricSpec&, const Matrix&) = 0;
  // When it takes effect or its ramp begins. It replaces one that was told with the same step and path.
  virtual void changed(const Intervention&) = 0;
  // After each step: with the time spent running since the start, and the memory in use (read now and then; 0: not
  // known).
  virtual void stepped(std::int64_t steps_done, double seconds, std::uint64_t memory_bytes) = 0;
  // What is buffered should be written: nothing will come for a while. Told at a pause, and after a change or a plan
  // made while nothing runs. Also told when a run that a StorageError has paused goes on, and before a checkpoint is
  // handed over: neither may be before all is written.
  virtual void paused() {}
  // At a checkpoint: what was told of this step and later ones is void. The timeline is that of the checkpoint.
  virtual void restored(std::int64_t, const std::vector<Intervention>&) {}
  // Whether the figures before this step, from which another run is gone on with (command::Continue), are here already.
  // Asked after `restored`; if not, they are told.
  virtual bool has_past(std::int64_t /*step*/) { return false; }
  virtual void planned(const std::vector<Intervention>& /*timeline*/) {}  // what is still to come was replaced
  // Whether a checkpoint should be saved now, after `step` steps. Asked after each step, and (at_rest) before a run
  // that has begun and not finished is closed or replaced.
  virtual bool checkpoint_wanted(std::int64_t /*step*/, bool /*at_rest*/) { return false; }
  // Where the run's checkpoint of this step belongs; empty: nowhere. When it returns, all that was told is on the disk.
  virtual std::filesystem::path checkpoint_place(std::int64_t /*step*/) { return {}; }
  virtual void checkpoint_saved(std::int64_t /*step*/) {}  // there
  // Finished, failed, replaced by another build, or closed before its end (running or paused). A finished run may go
  // on, and end again.
  virtual void ended(State, const Snapshot&) = 0;
};

class Session {
 public:
  struct Options {
    std::chrono::milliseconds publish_every{50};
    bool paced = true;  // obey run.pace; headless runs don't
    // Called on the worker after each publication, and when the session has closed (the window posts an empty event).
    std::function<void()> on_change;
    std::shared_ptr<Observer> observer;
    std::uint64_t runs_before = 0;  // snapshots' run numbers begin after it: two sessions in one window have others
    std::size_t history_bytes = History::usual_bound;  // of matrices kept for a look back; 0: none are
    // What comes of a run when its observer can't write, or its checkpoint can't be (StorageError): it fails, or it
    // pauses, says why in an event, and goes on when it is played again: then what couldn't be written is written
    // first.
    enum class Unwritable { fail, pause } unwritable = Unwritable::fail;
    CombinationCheck check;  // what Load, Set and Schedule would make together is refused when this has problems
  };
  // The engine is made, used and destroyed on the worker thread.
  Session(std::function<std::unique_ptr<Engine>()> make_engine, Options);
  ~Session();  // closes, and waits until it has
  // Not copyable or movable
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Ticket submit(Command);  // any thread; never blocks on the engine
  std::vector<Outcome> take_outcomes();
  std::vector<Event> take_events();
  std::shared_ptr<const Snapshot> snapshot() const;  // never null
  // Blocks until the snapshot satisfies `done` or the time is over; whether it did. For headless commands and tests.
  bool wait(const std::function<bool(const Snapshot&)>& done, std::chrono::milliseconds limit) const;
  // Asks the worker to end after the step under way, and returns at once. The observer is told as ever; commands that
  // have not begun are dropped, without an outcome. Any thread.
  void close();
  bool closed() const;  // it has ended: there is nothing left for the destructor to wait for. Any thread

 private:
  struct Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace tessera
