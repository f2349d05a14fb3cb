// Tasks on a thread and its helpers.
#include "kernels/cpu/tasks.h"

#include <ATen/Parallel.h>

#include "kernels/cpu/helpers.h"
#include "kernels/threads.h"

namespace tessera::kernels {
namespace {

thread_local int chosen = 0;  // 0: as LibTorch
thread_local std::unique_ptr<cpu::Helpers> helpers;

}  // namespace

void set_threads(int count) {
  TORCH_CHECK(count >= 1, "at least one thread, not ", count);
  chosen = count;
}

int threads() { return chosen > 0 ? chosen : at::get_num_threads(); }

namespace cpu {

void for_each_task(std::int64_t n, c10::function_ref<void(std::int64_t)> f) {
  const int wanted = n <= 1 || at::in_parallel_region() ? 0 : threads() - 1;
  if (wanted == 0) {
    for (std::int64_t i = 0; i < n; ++i) f(i);
    return;
  }
  if (!helpers || helpers->wanted() != wanted) helpers = std::make_unique<Helpers>(wanted);
  helpers->run(n, [&f](std::int64_t i) { f(i); });
}

}  // namespace cpu
}  // namespace tessera::kernels
