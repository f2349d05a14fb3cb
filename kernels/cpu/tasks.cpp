// Tasks on LibTorch's own threads. The one file compiled with OpenMP (kernels/CMakeLists.txt), without which
// at::parallel_for is silently a plain loop.
#include "kernels/cpu/tasks.h"

#include <ATen/Parallel.h>

#include <atomic>

#ifndef _OPENMP
#error "compile this file with OpenMP"
#endif

namespace tessera::kernels::cpu {

void for_each_task(std::int64_t n, c10::function_ref<void(std::int64_t)> f) {
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

}  // namespace tessera::kernels::cpu
