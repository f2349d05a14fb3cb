// The side of a session that other threads see: a queue in, results out.
#include "core/lab/session.h"

#include <iterator>

#include "core/lab/session_worker.h"

namespace tessera {

Session::Session(std::function<std::unique_ptr<Engine>()> make_engine, Options options)
    : worker_(std::make_unique<Worker>(std::move(make_engine), std::move(options))) {}

Session::~Session() = default;

Ticket Session::submit(Command command) { return worker_->submit(std::move(command)); }
std::vector<Outcome> Session::take_outcomes() { return worker_->take_outcomes(); }
std::vector<Event> Session::take_events() { return worker_->take_events(); }
std::shared_ptr<const Snapshot> Session::snapshot() const { return worker_->snapshot(); }
bool Session::wait(const std::function<bool(const Snapshot&)>& done, std::chrono::milliseconds limit) const {
  return worker_->wait(done, limit);
}
void Session::close() { worker_->ask_to_close(); }
bool Session::closed() const { return worker_->closed(); }

Session::Worker::Worker(std::function<std::unique_ptr<Engine>()> make_engine, Options options)
    : make_engine_(std::move(make_engine)),
      options_(std::move(options)),
      run_(options_.runs_before),
      thread_([this] { run(); }) {}

Session::Worker::~Worker() {
  ask_to_close();
  thread_.join();
}

void Session::Worker::ask_to_close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
}

bool Session::Worker::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

Ticket Session::Worker::submit(Command command) {
  Ticket ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    ticket = ++last_ticket_;
    queue_.emplace_back(ticket, std::move(command));
  }
  wake_.notify_all();
  return ticket;
}

std::vector<Outcome> Session::Worker::take_outcomes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

std::vector<Event> Session::Worker::take_events() {
  std::deque<Event> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(events_);
  }
  return {std::make_move_iterator(taken.begin()), std::make_move_iterator(taken.end())};
}

std::shared_ptr<const Snapshot> Session::Worker::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

bool Session::Worker::wait(const std::function<bool(const Snapshot&)>& done, std::chrono::milliseconds limit) const {
  const auto until = Clock::now() + limit;
  std::uint64_t seen = 0;
  while (true) {
    const std::shared_ptr<const Snapshot> now = snapshot();
    if (done(*now)) return true;
    seen = now->version;
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, until, [&] { return snapshot_->version != seen; })) return false;
  }
}

}  // namespace tessera
