// What other threads hand to the window's, which takes it when it next looks for news.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

namespace tessera {

template <class T>
class Later {
 public:
  // `wake` is called on the other thread when there is something to take. May be empty.
  explicit Later(std::function<void()> wake) : wake_(std::move(wake)) {}
  ~Later() = default;  // waits for all that was begun
  // Not copyable or movable
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  void put(T made) {  // any thread
    {
      const std::lock_guard lock(mutex_);
      made_.push_back(std::move(made));
    }
    if (wake_) wake_();
  }

  // Puts what `work` makes, on a thread of its own. It must not throw.
  void begin(std::function<T()> work) {
    threads_.push_back(std::async(std::launch::async, [this, work = std::move(work)]() mutable {
      T made = work();
      work = {};  // what it held may be large
      put(std::move(made));
    }));
  }

  std::vector<T> take() {  // since the last call, in the order they were put
    std::erase_if(threads_, [](const std::future<void>& thread) {
      return thread.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    const std::lock_guard lock(mutex_);
    return std::exchange(made_, {});
  }

 private:
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<T> made_;
  std::vector<std::future<void>> threads_;  // last: they put until they are gone
};

}  // namespace tessera
