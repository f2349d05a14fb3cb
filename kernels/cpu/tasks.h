// Work shared among the threads of kernels/threads.h, and memory for it.
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>
#include <memory>
#include <new>

namespace tessera::kernels::cpu {

// Calls f(i) for every i < n: each thread takes the next i when it is done with the last, so give the large ones first.
// What f writes must not depend on which thread calls it or when. The first exception is thrown again, once no thread
// is in f.
void for_each_task(std::int64_t n, c10::function_ref<void(std::int64_t)> f);

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
