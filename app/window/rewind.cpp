// See rewind.h.
#include "app/window/rewind.h"

#include <algorithm>

namespace tessera {

void Rewind::follow(std::shared_ptr<const Snapshot> now) {
  if (now == now_) return;
  const bool same = now->run == now_->run && moment_ < now->step;
  now_ = std::move(now);
  if (!active()) return;
  if (!same) {
    go_to(-1);
    return;
  }
  // What had happened by then stays as it was; what is said of the run is of now.
  then_.version = now_->version;
  then_.state = now_->state;
  then_.steps = now_->steps;
  then_.steps_per_s = now_->steps_per_s;
  then_.memory_bytes = now_->memory_bytes;
  then_.failure = now_->failure;
  then_.timeline = now_->timeline;
  then_.history = now_->history;
}

void Rewind::show(std::shared_ptr<const Snapshot> another) {
  const std::int64_t moment = moment_;
  go_to(-1);
  now_ = std::move(another);
  go_to(moment);
}

void Rewind::go_to(std::int64_t step) {
  if (step < 0 || step >= now_->step) step = -1;
  if (step == moment_) return;
  moment_ = step;
  then_ = active() ? at(*now_, moment_) : Snapshot();
}

void Rewind::back() {
  if (!possible()) return;
  const std::int64_t shown = active() ? moment_ : now_->step - 1;
  const auto frame = now_->history ? now_->history->before(shown) : std::nullopt;
  go_to(frame.value_or(0));
}

void Rewind::forward() {
  if (!active()) return;
  const auto frame = now_->history ? now_->history->after(moment_) : std::nullopt;
  go_to(frame.value_or(-1));
}

void Rewind::to_first() {
  if (!possible()) return;
  go_to(now_->history ? std::max<std::int64_t>(0, now_->history->after(-1).value_or(0)) : 0);
}

const Snapshot& Rewind::shown() const { return active() ? then_ : *now_; }

}  // namespace tessera
