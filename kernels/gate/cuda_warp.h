// A warp on a row of the gate: its lanes share the experts out among them.
#pragma once

namespace tessera::kernels::cuda {
namespace {

constexpr int warp = 32;
constexpr unsigned everyone = 0xffffffffu;

// f(e) for each e < n; the same lane has the same e each time.
template <class F>
__device__ void each(int n, const F& f) {
  for (int e = threadIdx.x; e < n; e += warp) f(e);
}

template <class T>
__device__ T warp_sum(T value) {
  for (int distance = warp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(everyone, value, distance);
  return value;
}

template <class T>
__device__ T warp_max(T value) {  // NaN is ignored, as fmax does
  for (int distance = warp / 2; distance > 0; distance /= 2) {
    value = fmax(value, __shfl_xor_sync(everyone, value, distance));
  }
  return value;
}

// Of f(e), for every lane.
template <class T, class F>
__device__ T sum_of(int n, const F& f) {
  T total = 0;
  each(n, [&](int e) { total += f(e); });
  return warp_sum(total);
}

template <class T, class F>
__device__ T largest_of(int n, const F& f) {
  T top = -INFINITY;
  each(n, [&](int e) { top = fmax(top, T(f(e))); });
  return warp_max(top);
}

}  // namespace
}  // namespace tessera::kernels::cuda
