// A row of the gate on a GPU: `lanes` neighbouring threads of a warp share it, and each holds up to V of its experts in
// registers, expert e as number e % V of lane e / V. A warp holds 32 / lanes rows. Device code.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace tessera::kernels::cuda {
namespace {

constexpr int warp = 32;
constexpr unsigned everyone = 0xffffffffu;

// All lanes of a warp call all of these together. L > 0: there are L lanes, and L * V experts; 0: what the values say.
template <int V, int L>
struct Lanes {
  static constexpr bool full = L > 0;
  const int any_experts, any_lanes;               // lanes * V >= experts
  const int lane = threadIdx.x % warp % lanes();  // within the row
  const int first = threadIdx.x % warp - lane;    // lane 0 of the row, within the warp

  __device__ int lanes() const { return full ? L : any_lanes; }
  __device__ int experts() const { return full ? L * V : any_experts; }

  // f(v, e) for each expert e that this lane holds, as its number v.
  template <class F>
  __device__ void each(const F& f) const {
#pragma unroll
    for (int v = 0; v < V; ++v) {
      const int e = lane * V + v;
      if (full || e < experts()) f(v, e);
    }
  }

  // Between registers and row[experts], of which full rows lie at multiples of 16 bytes.
  template <class T>
  __device__ void load(const T* row, T (&value)[V]) const {
    if constexpr (full) {
#pragma unroll
      for (int v = 0; v < V; v += 16 / sizeof(T)) {
        *reinterpret_cast<int4*>(value + v) = *reinterpret_cast<const int4*>(row + lane * V + v);
      }
    } else {
      each([&](int v, int e) { value[v] = row[e]; });
    }
  }
  template <class T>
  __device__ void store(const T (&value)[V], T* row) const {
    if constexpr (full) {
#pragma unroll
      for (int v = 0; v < V; v += 16 / sizeof(T)) {
        *reinterpret_cast<int4*>(row + lane * V + v) = *reinterpret_cast<const int4*>(value + v);
      }
    } else {
      each([&](int v, int e) { row[e] = value[v]; });
    }
  }

  template <class T, class F>
  __device__ T reduce(T value, const F& f) const {
#pragma unroll
    for (int distance = lanes() / 2; distance > 0; distance /= 2) {
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

  // f(v, a(v) / divisor); not by division where the divisor is far from the ends of the range.
  template <class T, class A, class F>
  __device__ void divide(T divisor, const A& a, const F& f) const {
    const T size = fabs(divisor);
    if (__all_sync(everyone, size > T(1e-30) && size < T(1e30))) {
      const T inverse = 1 / divisor;
      each([&](int v, int) { f(v, a(v) * inverse); });
    } else {
      each([&](int v, int) { f(v, a(v) / divisor); });
    }
  }

  __device__ bool holds(int v) const { return full || lane * V + v < experts(); }

  // Bit i: what the row's lane i says.
  __device__ unsigned ballot(bool yes) const {
    const unsigned all = __ballot_sync(everyone, yes) >> first;
    return lanes() == warp ? all : all & ((1u << lanes()) - 1);
  }
};

// Few lanes with much to do each: they have less to tell one another.
constexpr int lanes_for(int experts, int v) {
  int lanes = 1;
  while (lanes * v < experts && lanes < warp) lanes *= 2;
  return lanes;
}

// f.template operator()<V, L>(): the least V of 8, 16 and 32 whose lanes hold that many experts; L as Lanes has it, and
// above 0 for the numbers of experts that are frequent, in float32.
template <class T, class F>
void with_experts_a_lane(int experts, const F& f) {
  if constexpr (sizeof(T) == 4) {
    if (experts == 8) return f.template operator()<8, 1>();
    if (experts == 16) return f.template operator()<8, 2>();
    if (experts == 32) return f.template operator()<8, 4>();
    if (experts == 64) return f.template operator()<8, 8>();
    if (experts == 128) return f.template operator()<8, 16>();
    if (experts == 256) return f.template operator()<8, 32>();
  }
  if (experts <= 8 * warp) return f.template operator()<8, 0>();
  if (experts <= 16 * warp) return f.template operator()<16, 0>();
  f.template operator()<32, 0>();
}

// The least blocks of gate_threads that a multiprocessor is to have room for, of the registers: many where rows are
// short.
template <class T, int V>
constexpr int wanted_blocks(int of_short_rows) {
  return V == 8 && sizeof(T) == 4 ? of_short_rows : 1;
}

// In float32 the processor's own, for what is added up over a row: log within 2^-21 of the result or of 1, exp of
// x <= 0 within 2^-21 of 1.
__device__ inline float fast_log(float x) { return __logf(x); }
__device__ inline double fast_log(double x) { return log(x); }
__device__ inline float fast_exp(float x) { return __expf(x); }
__device__ inline double fast_exp(double x) { return exp(x); }

}  // namespace
}  // namespace tessera::kernels::cuda
