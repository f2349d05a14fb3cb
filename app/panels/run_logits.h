// What the router of the selected layer was given in the last step of the experiment: fetched between steps, by a
// command, so that drawing never waits for it.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "app/panels/panel.h"

namespace tessera {

class RunLogits {
 public:
  // Once a frame while they are wanted: asks for them when there are newer ones, a few times a second.
  void follow(const PanelContext&);
  const LayerLogits& logits() const { return logits_; }
  // Why there are none; empty when there are.
  std::string missing(const PanelContext&) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Moment {
    std::uint64_t run = 0;
    std::int64_t step = -1;
    int layer = -1;
    friend bool operator==(const Moment&, const Moment&) = default;
  };
  // Shared with the worker of a session, which may outlive the panel.
  struct Handover {
    std::mutex mutex;
    bool arrived = false;
    Moment of;
    LayerLogits logits;
  };
  static Moment now(const PanelContext&);

  std::shared_ptr<Handover> handover_ = std::make_shared<Handover>();
  Moment asked_, of_;
  Clock::time_point when_{};
  bool waiting_ = false;
  LayerLogits logits_;
};

}  // namespace tessera
