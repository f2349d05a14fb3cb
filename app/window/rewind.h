// Which moment of the run the window shows: now, or an earlier step that a person went back to. Training goes on behind
// it.
#pragma once

#include <cstdint>
#include <memory>

#include "core/lab/session.h"

namespace tessera {

class Rewind {
 public:
  // Tells it the newest snapshot. A new run (load, reset, restore) ends it.
  void follow(std::shared_ptr<const Snapshot> now);
  void show(std::shared_ptr<const Snapshot> another);  // run, at the same moment if it has come that far

  void go_to(std::int64_t step);  // -1, or a step that is still to come: now
  void back();                    // to the frame before the one shown
  void forward();                 // to the one after it; after the last: now
  void to_first();

  bool active() const { return moment_ >= 0; }
  std::int64_t moment() const { return moment_; }   // -1: now
  bool possible() const { return now_->step > 0; }  // there is something to go back to
  const Snapshot& shown() const;                    // the run at that moment; until the next call of anything else
  const Snapshot& newest() const { return *now_; }

 private:
  std::shared_ptr<const Snapshot> now_ = std::make_shared<Snapshot>();
  std::int64_t moment_ = -1;
  Snapshot then_;  // at moment_, if that is no longer -1
};

}  // namespace tessera
