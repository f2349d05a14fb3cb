// How many threads the operators use on the CPU.
#pragma once

namespace tessera::kernels {

// For calls from the calling thread: itself and count - 1 helpers, which belong to it and end with it. Until this is
// called, as many as LibTorch uses. LibTorch's own functions are not concerned: at::set_num_threads is theirs.
//
// Helpers look for work for a tenth of a millisecond before they sleep, giving way to whatever else wants the core, and
// nobody waits for a helper that has not joined. So operators keep their speed when a core is wanted by others, where
// OpenMP's regions, which begin and end with all threads, lose a time slice at each.
void set_threads(int count);
int threads();

}  // namespace tessera::kernels
