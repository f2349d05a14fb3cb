// Helpers: an owner opens a job, works on it, closes it, and waits until the helpers counted in it have left.
#include "kernels/cpu/helpers.h"

#include <chrono>
#include <system_error>
#include <utility>

namespace tessera::kernels::cpu {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::microseconds(100);  // between the jobs of a training step lie tens of them

void breathe() {
  for (int i = 0; i < 16; ++i) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
}

}  // namespace

Helpers::Helpers(int count) : wanted_(count) {
  try {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { help(); });
  } catch (const std::system_error&) {  // the system gives no more threads: those that there are do the work
  }
}

Helpers::~Helpers() {
  ending_ = true;
  ++calls_;
  calls_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Helpers::run(std::int64_t n, const Work& f) {
  work_ = &f;
  size_ = n;
  next_.store(0, std::memory_order_relaxed);
  state_ = (state_.load(std::memory_order_relaxed) + one_job) | open;  // nobody is in it
  if (asleep_ > 0) {
    ++calls_;
    calls_.notify_all();
  }
  take_part();
  state_ &= ~open;
  for (int turns = 0; (state_ & (open - 1)) != 0; ++turns) {
    breathe();
    if (turns > 64) std::this_thread::yield();  // the helper may be waiting for this very core
  }
  if (failed_.test()) {
    failed_.clear();
    std::rethrow_exception(std::exchange(error_, nullptr));
  }
}

void Helpers::take_part() {
  try {
    for (std::int64_t i = next_++; i < size_; i = next_++) (*work_)(i);
  } catch (...) {
    next_ = size_;
    if (!failed_.test_and_set()) error_ = std::current_exception();
  }
}

bool Helpers::join(std::uint64_t& last) {
  std::uint64_t state = state_;
  while ((state & open) && state / one_job != last) {
    if (!state_.compare_exchange_weak(state, state + one_helper)) continue;
    last = state / one_job;
    return true;
  }
  return false;
}

// A job that is opened after the look at the state finds this helper counted as asleep, and changes calls_.
void Helpers::sleep_until_called(std::uint64_t last) {
  const std::uint32_t calls = calls_;
  ++asleep_;
  const std::uint64_t state = state_;
  if (!ending_ && !((state & open) && state / one_job != last)) calls_.wait(calls);
  --asleep_;
}

void Helpers::help() {
  std::uint64_t last = 0;
  auto idle_since = Clock::now();
  while (!ending_) {
    if (join(last)) {
      take_part();
      state_ -= one_helper;
      idle_since = Clock::now();
    } else if (Clock::now() - idle_since < patience) {
      breathe();
      std::this_thread::yield();
    } else {
      sleep_until_called(last);
      idle_since = Clock::now();
    }
  }
}

}  // namespace tessera::kernels::cpu
