// The fork that is being made: its parent hands over its state, or a checkpoint of it is read; then the new run is
// built. Of the window's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/window/later.h"
#include "app/window/live_run.h"

namespace tessera {

class Application;

// Where a fork leaves its parent: at step 0, after the moment that the window shows, or after the newest step.
enum class ForkFrom { start, moment, now };

class Forking {
 public:
  // wake: called on any thread when there is something to take.
  Forking(Application&, std::function<void()> wake);

  // Begins a fork of the run that is shown: one parameter has another value from `step` on, the first one in which the
  // two may differ. There is room for a run, none is being made, and the run has come to that step.
  // From now: it goes on from the state that the run hands over, at whichever step it is by then.
  // From a moment: it goes on from the newest checkpoint of the run's record that is not after `step`, or begins at
  // step 0 when there is none, and so computes the steps before `step` again.
  // Unless it is from the start, runs that train wait, and go on together with the new one, or when it can't be made.
  void begin(std::string path, Value value, ForkFrom, std::int64_t step);
  bool under_way() const { return fork_.has_value(); }
  void take();  // goes on with what has arrived; call it when there may be news

  // --- what happens to the runs meanwhile ---
  void refused(const LiveRun&, Ticket);                                 // by its session
  void built(LiveRun& child, const Outcome&, const LiveRun::Loading&);  // or not: its Load or Continue was answered
  void closes(const LiveRun&);                                          // before it does

 private:
  struct Fork {
    std::uint64_t number = 0;
    std::string path;
    Value value;
    std::uint64_t parent = 0;            // id of the run
    std::uint64_t child = 0;             // likewise; 0: there is none yet
    std::vector<std::uint64_t> waiting;  // runs that trained
    std::optional<Ticket> asked;         // the parent's TakeCheckpoint
  };
  struct Origin {                                  // what the new run is made of
    std::uint64_t fork = 0;                        // its number
    std::int64_t step = 0;                         // the first one that may differ
    std::shared_ptr<const Checkpoint> checkpoint;  // of `step` or an earlier one; null: from step 0
    std::shared_ptr<const Snapshot> parent;        // the run, at or after the checkpoint
    std::filesystem::path folder;                  // that the parent was recorded into then; empty: none
    std::vector<Problem> passed_over;              // damaged checkpoints
  };
  static Origin newest_checkpoint(Origin);  // any thread
  void hold();
  void build(const Origin&);
  void end();  // made or not: those that waited go on

  Application& app_;
  std::optional<Fork> fork_;
  std::uint64_t forks_ = 0;
  Later<Origin> origins_;
};

}  // namespace tessera
