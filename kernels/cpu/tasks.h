// Work shared among LibTorch's threads.
#pragma once

#include <ATen/Parallel.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace tessera::kernels::cpu {

// Calls f(worker_scratch, i) for every i < n, on as many threads as there are: each takes the next i when it is done
// with the last, so give the large ones first. What f writes must not depend on which thread calls it or when.
template <class F>
void for_each_task(std::int64_t n, const F& f) {
  const std::int64_t threads = at::in_parallel_region() ? 1 : std::min<std::int64_t>(n, at::get_num_threads());
  if (threads <= 1) {
    for (std::int64_t i = 0; i < n; ++i) f(i);
    return;
  }
  std::atomic<std::int64_t> next{0};
  at::parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t) {
    for (std::int64_t i = next++; i < n; i = next++) f(i);
  });
}

// Uninitialised memory, aligned for the widest vectors.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t size)
      : data_(static_cast<T*>(::operator new(static_cast<std::size_t>(size) * sizeof(T), alignment))) {}
  T* data() const { return data_.get(); }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(T* p) const { ::operator delete(p, alignment); }
  };
  std::unique_ptr<T, Free> data_;
};

}  // namespace tessera::kernels::cpu
