// A row of the gate on a GPU: `lanes` neighbouring threads of a warp share it, and each holds up to V of its experts in
// registers, expert e as number e / lanes of lane e % lanes. A warp holds 32 / lanes rows. Device code.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace tessera::kernels::cuda {
namespace {

constexpr int warp = 32;
constexpr unsigned everyone = 0xffffffffu;

// All lanes of a warp call all of these together. Full: lanes * V == experts.
template <int V, bool Full>
struct Lanes {
  int experts, lanes;                     // lanes * V >= experts
  int lane = threadIdx.x % warp % lanes;  // within the row
  int first = threadIdx.x % warp - lane;  // lane 0 of the row, within the warp

  // f(v, e) for each expert e that this lane holds, as its number v.
  template <class F>
  __device__ void each(const F& f) const {
#pragma unroll
    for (int v = 0; v < V; ++v) {
      const int e = v * lanes + lane;
      if (Full || e < experts) f(v, e);
    }
  }

  template <class T, class F>
  __device__ T reduce(T value, const F& f) const {
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
      value = f(value, __shfl_xor_sync(everyone, value, distance));
    }
    return value;
  }

  // Over the row, of f(v, e); the same in each of its lanes.
  template <class T, class F>
  __device__ T sum(const F& f) const {
    T total = 0;
    each([&](int v, int e) { total += f(v, e); });
    return reduce(total, [](T a, T b) { return a + b; });
  }
  template <class T, class F>
  __device__ T largest(const F& f) const {  // NaN is ignored, as fmax does
    T top = -INFINITY;
    each([&](int v, int e) { top = fmax(top, T(f(v, e))); });
    return reduce(top, [](T a, T b) { return fmax(a, b); });
  }

  __device__ bool holds(int v) const { return Full || v * lanes + lane < experts; }

  // Bit i: what the row's lane i says.
  __device__ unsigned ballot(bool yes) const {
    const unsigned all = __ballot_sync(everyone, yes) >> first;
    return lanes == warp ? all : all & ((1u << lanes) - 1);
  }
};

// Few lanes with much to do each: they have less to tell one another.
constexpr int lanes_for(int experts, int v) {
  int lanes = 1;
  while (lanes * v < experts && lanes < warp) lanes *= 2;
  return lanes;
}

// f.template operator()<V, Full>() for the least V of 8, 16 and 32 whose lanes hold that many experts.
template <class F>
void with_experts_a_lane(int experts, const F& f) {
  if (experts == 8 * lanes_for(experts, 8)) return f.template operator()<8, true>();
  if (experts <= 8 * warp) return f.template operator()<8, false>();
  if (experts <= 16 * warp) return f.template operator()<16, false>();
  f.template operator()<32, false>();
}

// How many blocks of gate_threads a multiprocessor is to have at once: in float32, where rows are short, many.
template <class T, int V>
constexpr int at_least(int blocks) {
  return V == 8 && sizeof(T) == 4 ? blocks : 1;
}

// In float32 the processor's own, within 2^-21 of the result or, of log, of 1: for what is added up over a row.
__device__ inline float fast_log(float x) { return __logf(x); }
__device__ inline double fast_log(double x) { return log(x); }
__device__ inline float fast_exp(float x) { return __expf(x); }
__device__ inline double fast_exp(double x) { return exp(x); }

}  // namespace
}  // namespace tessera::kernels::cuda
