// The gate on a GPU: a warp for each row. Ranks, which give the k largest and the sorted row, are counted by comparing
// all pairs: for the number of experts that there are, less work than sorting.
#include <cuda_runtime.h>

#include "kernels/gate/cuda.h"

namespace tessera::kernels::cuda {
namespace {

constexpr int warp = 32;
constexpr unsigned everyone = 0xffffffffu;

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

// The threshold of sparsemax and of entmax-1.5 from a sorted row; kernels/gate/rows.h has the formulas.
template <class T>
__device__ T threshold(const T* sorted, int experts, bool entmax15) {
  T total = 0, mean = 0, deviations = 0, tau = 0;
  for (int j = 0; j < experts; ++j) {
    const T size = j + 1, z = sorted[j];
    T candidate;
    bool inside;
    if (entmax15) {
      const T step = z - mean;
      mean += step / size;
      deviations += step * (z - mean);
      candidate = mean - sqrt(fmax((1 - deviations) / size, T(0)));
      inside = candidate <= z;
    } else {
      total += z;
      candidate = (total - 1) / size;
      inside = 1 + size * z > total;
    }
    if (!inside) break;
    tau = candidate;
  }
  return tau;
}

template <class T>
__device__ T sigmoid(T x) {
  const T e = exp(-fabs(x));
  return (x < 0 ? e : T(1)) / (1 + e);
}

// What chosen softmax or sigmoid scores are in proportion to, with the largest at 1: it can't underflow.
template <class T>
__device__ T relative_score(Score score, T z, T top) {
  if (score == Score::softmax) return exp(z - top);
  return exp(fmin(z, T(0)) - fmin(top, T(0))) * ((1 + exp(-fabs(top))) / (1 + exp(-fabs(z))));
}

template <class T>
__global__ void forward(const T* logits, T* alpha, T* scores, int experts, int k, T temperature, Score score,
                        bool normalise) {
  extern __shared__ double memory[];  // [experts] each: logits, then scores; sorted; ranks
  T* const s = reinterpret_cast<T*>(memory);
  T* const sorted = s + experts;
  int* const rank = reinterpret_cast<int*>(sorted + experts);
  const int lane = threadIdx.x;
  const T* const row = logits + static_cast<std::int64_t>(blockIdx.x) * experts;
  T* const to_alpha = alpha + static_cast<std::int64_t>(blockIdx.x) * experts;
  T* const to_scores = scores + static_cast<std::int64_t>(blockIdx.x) * experts;

  T top = -INFINITY, invalid = 0;  // invalid: NaN if there is one in the row
  for (int e = lane; e < experts; e += warp) {
    const T logit = row[e];
    s[e] = isnan(logit) ? T(INFINITY) : logit;  // for ranks NaN is the largest
    top = fmax(top, logit / temperature);
    if (isnan(logit)) invalid = logit;
  }
  top = warp_max(top);
  invalid = warp_sum(invalid);
  __syncwarp();
  for (int e = lane; e < experts; e += warp) {
    const T key = s[e];
    int before = 0;
    for (int j = 0; j < experts; ++j) before += s[j] > key || (s[j] == key && j < e);
    rank[e] = before;
  }
  __syncwarp();

  if (score == Score::softmax || score == Score::sigmoid) {
    T total = 0;
    for (int e = lane; e < experts; e += warp) {
      const T z = row[e] / temperature;
      total += s[e] = score == Score::softmax ? exp(z - top) : sigmoid(z);
    }
    total = warp_sum(total);
    if (score == Score::softmax) {
      for (int e = lane; e < experts; e += warp) s[e] /= total;
    }
  } else {
    const bool entmax15 = score == Score::entmax15;
    const T scale = entmax15 ? T(0.5) : T(1);
    for (int e = lane; e < experts; e += warp) sorted[rank[e]] = (row[e] / temperature - top) * scale;
    __syncwarp();
    const T tau = threshold(sorted, experts, entmax15);
    for (int e = lane; e < experts; e += warp) {
      const T p = fmax((row[e] / temperature - top) * scale - tau, T(0));
      s[e] = (entmax15 ? p * p : p) + invalid;
    }
  }

  const bool relative = normalise && (score == Score::softmax || score == Score::sigmoid);
  const auto weight = [&](int e) {
    if (rank[e] >= k) return T(0);
    return relative ? relative_score(score, row[e] / temperature, top) : s[e];
  };
  T total = 0;
  if (normalise) {
    for (int e = lane; e < experts; e += warp) total += weight(e);
    total = warp_sum(total);
  }
  for (int e = lane; e < experts; e += warp) {
    // Not what isn't chosen: a NaN in the row makes the total NaN.
    to_alpha[e] = normalise && rank[e] < k ? weight(e) / total : weight(e);
    to_scores[e] = s[e];
  }
}

template <class T>
__global__ void backward(const T* d_alpha, const T* d_scores, const T* alpha, const T* scores, T* d_logits, int experts,
                         T temperature, Score score, bool normalise) {
  const int lane = threadIdx.x;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * experts;

  T alpha_mean = 0, chosen_sum = 0;
  if (d_alpha && normalise) {
    for (int e = lane; e < experts; e += warp) {
      const T a = alpha[row + e];
      alpha_mean += a * d_alpha[row + e];
      chosen_sum += a != 0 ? scores[row + e] : T(0);
    }
    alpha_mean = warp_sum(alpha_mean);
    chosen_sum = warp_sum(chosen_sum);
  }

  // The gradient with respect to a score, and directly to a logit divided by the temperature.
  const auto gradient = [&](int e, T& ds, T& dz) {
    ds = d_scores ? d_scores[row + e] : T(0);
    dz = 0;
    if (!d_alpha) return;
    const T a = alpha[row + e], da = d_alpha[row + e];
    if (!normalise) {
      ds += a != 0 ? da : T(0);
    } else if (score == Score::softmax) {
      dz = a * (da - alpha_mean);
    } else if (score == Score::sigmoid) {
      dz = a * (da - alpha_mean) * (1 - scores[row + e]);
    } else {
      ds += a != 0 ? (da - alpha_mean) / chosen_sum : T(0);
    }
  };
  const auto slope = [&](T s) {
    if (score == Score::softmax) return s;
    if (score == Score::entmax15) return sqrt(s);
    return s > 0 ? T(1) : s;  // s: zero, or NaN
  };

  T mean = 0, total = 0;
  if (score != Score::sigmoid) {
    for (int e = lane; e < experts; e += warp) {
      T ds, dz;
      gradient(e, ds, dz);
      const T r = slope(scores[row + e]);
      mean += r * ds;
      total += r;
    }
    mean = warp_sum(mean);
    total = warp_sum(total);
    if (score != Score::softmax) mean /= total;  // of a softmax it is 1
  }
  for (int e = lane; e < experts; e += warp) {
    T ds, dz;
    gradient(e, ds, dz);
    const T s = scores[row + e];
    dz += score == Score::sigmoid ? ds * s * (1 - s) : slope(s) * (ds - mean);
    d_logits[row + e] = dz / temperature;
  }
}

}  // namespace

template <class T>
void gate_forward(const T* logits, T* alpha, T* scores, std::int64_t rows, int experts, int k, T temperature,
                  Score score, bool normalise, cudaStream_t stream) {
  const std::size_t shared = static_cast<std::size_t>(experts) * (2 * sizeof(T) + sizeof(int));
  forward<T><<<static_cast<unsigned>(rows), warp, shared, stream>>>(logits, alpha, scores, experts, k, temperature,
                                                                    score, normalise);
}

template <class T>
void gate_backward(const T* d_alpha, const T* d_scores, const T* alpha, const T* scores, T* d_logits, std::int64_t rows,
                   int experts, T temperature, Score score, bool normalise, cudaStream_t stream) {
  backward<T><<<static_cast<unsigned>(rows), warp, 0, stream>>>(d_alpha, d_scores, alpha, scores, d_logits, experts,
                                                                temperature, score, normalise);
}

#define TESSERA_INSTANTIATE(T)                                                                                  \
  template void gate_forward<T>(const T*, T*, T*, std::int64_t, int, int, T, Score, bool, cudaStream_t);        \
  template void gate_backward<T>(const T*, const T*, const T*, const T*, T*, std::int64_t, int, T, Score, bool, \
                                 cudaStream_t);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels::cuda
