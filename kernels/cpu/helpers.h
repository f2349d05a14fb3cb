// Threads that help their owner with one job at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace tessera::kernels::cpu {

class Helpers {  // not copyable or moveable; only its owner's thread may call it
 public:
  using Work = std::function<void(std::int64_t)>;

  // Fewer, if the system gives no more threads.
  explicit Helpers(int count);
  ~Helpers();
  Helpers(const Helpers&) = delete;

  int wanted() const { return wanted_; }

  // Calls f(i) for every i < n, together with the helpers that are there in time. It waits for those that have joined
  // and for no others.
  void run(std::int64_t n, const Work& f);

 private:
  void help();                                  // a helper's life
  void take_part();                             // takes one i after the other
  bool join(std::uint64_t& last);               // into a job that is open, and another than the last
  void sleep_until_called(std::uint64_t last);  // unless there is such a job

  // The job's number, whether it is open, and how many helpers are in it. Only while a helper is counted here may it
  // read what follows.
  static constexpr std::uint64_t one_helper = 1, open = 1ull << 31, one_job = 1ull << 32;
  alignas(64) std::atomic<std::uint64_t> state_{0};
  alignas(64) std::atomic<std::int64_t> next_{0};
  std::int64_t size_ = 0;
  const Work* work_ = nullptr;
  std::atomic_flag failed_;
  std::exception_ptr error_;

  alignas(64) std::atomic<std::uint32_t> calls_{0};  // what sleepers wait on
  std::atomic<int> asleep_{0};
  std::atomic<bool> ending_{false};
  int wanted_;
  std::vector<std::thread> threads_;
};

}  // namespace tessera::kernels::cpu
