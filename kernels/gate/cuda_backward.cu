// The gate on a GPU, backward: a warp for each row. kernels/gate/row_gradients.h has the formulas.
#include <cuda_runtime.h>

#include "kernels/gate/cuda.h"
#include "kernels/gate/cuda_warp.h"

namespace tessera::kernels::cuda {
namespace {

// A row's inputs, and in shared memory the gradients so far: with respect to alpha, the scores, and z. Each lane reads
// and writes its own experts' only.
template <class T>
struct Row {
  int experts;
  const T *logits, *a, *s;
  T *da, *ds, *dz;
};

template <class T>
__device__ void add_entropy(const Row<T>& r, T factor) {
  const T size = sum_of<T>(r.experts, [&](int e) { return fabs(r.a[e]); });
  const T h = -sum_of<T>(r.experts, [&](int e) {
    const T p = fabs(r.a[e]) / size;
    return r.a[e] != 0 ? p * log(p) : T(0);
  });
  each(r.experts, [&](int e) {
    const T slope = (-log(fabs(r.a[e]) / size) - h) / size * factor;
    if (r.a[e] != 0) r.da[e] += r.a[e] < 0 ? -slope : slope;
  });
}

template <class T>
__device__ void add_share(Score score, const T* d_share, const Row<T>& r) {
  const bool none = score == Score::none;
  const T top = none ? largest_of<T>(r.experts, [&](int e) { return r.s[e]; }) : T(0);
  const auto basis = [&](int e) { return none ? exp(r.s[e] - top) : r.s[e]; };
  const T total = sum_of<T>(r.experts, basis);
  if (total == 0) return;
  const T mean = sum_of<T>(r.experts, [&](int e) { return basis(e) * d_share[e]; }) / total;
  each(r.experts, [&](int e) {
    const T d = (d_share[e] - mean) / total;
    if (none) {
      r.dz[e] += basis(e) * d;
    } else {
      r.ds[e] += d;
    }
  });
}

template <class T>
__device__ void add_through_alpha(const GateSpec& spec, const Row<T>& r) {
  const T scale = static_cast<T>(spec.scale);
  const T mean = sum_of<T>(r.experts, [&](int e) { return r.a[e] / scale * r.da[e]; });  // of one expert exactly da
  const bool magnitudes = spec.normalise == Normalise::l1;
  const T divisor = sum_of<T>(r.experts, [&](int e) {
    return r.a[e] == 0 ? T(0) : magnitudes ? fabs(r.s[e]) : r.s[e];
  });
  each(r.experts, [&](int e) {
    const T a = r.a[e], s = r.s[e], da = r.da[e];
    if (a == 0) return;
    if (spec.normalise == Normalise::none) {
      r.ds[e] += da * scale;
    } else if (spec.normalise == Normalise::softmax) {
      r.ds[e] += a * (da - mean);
    } else if (is_in_logarithms(spec)) {
      r.dz[e] += a * (da - mean) * (spec.score == Score::sigmoid ? 1 - s : T(1));
    } else {
      r.ds[e] += (da - (magnitudes && s < 0 ? -mean : mean)) / divisor * scale;
    }
  });
}

template <class T>
__device__ void add_through_scores(Score score, const Row<T>& r) {
  if (score == Score::sigmoid || score == Score::relu || score == Score::none) {
    each(r.experts, [&](int e) {
      const T s = r.s[e];
      r.dz[e] += score == Score::sigmoid ? r.ds[e] * s * (1 - s) : score == Score::relu && s == 0 ? T(0) : r.ds[e];
    });
    return;
  }
  const auto slope = [&](int e) {
    const T s = r.s[e];
    if (score == Score::softmax) return s;
    if (score == Score::entmax15) return sqrt(s);
    return s > 0 ? T(1) : s;  // s: zero, or NaN
  };
  T mean = sum_of<T>(r.experts, [&](int e) { return slope(e) * r.ds[e]; });
  if (score != Score::softmax) mean /= sum_of<T>(r.experts, slope);  // of a softmax it is 1
  each(r.experts, [&](int e) { r.dz[e] += slope(e) * (r.ds[e] - mean); });
}

template <class T>
__global__ void backward(const GateBackward<T> g) {
  extern __shared__ double memory[];
  T* const shared = reinterpret_cast<T*>(memory);
  const int n = g.experts;
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * n;
  const Row<T> r{n, g.logits + at, g.alpha + at, g.scores + at, shared, shared + n, shared + 2 * n};
  each(n, [&](int e) {
    r.da[e] = (g.d_alpha ? g.d_alpha[at + e] : T(0)) + (g.d_importance ? g.d_importance[e] : T(0));
    r.ds[e] = g.d_scores ? g.d_scores[at + e] : T(0);
    r.dz[e] = 0;
  });
  const T of_entropy = g.d_sums ? g.d_sums[entropy_sum] : T(0), of_squares = g.d_sums ? g.d_sums[squares_sum] : T(0);
  if (of_entropy != 0) add_entropy(r, of_entropy);
  if (g.d_share) add_share(g.spec.score, g.d_share, r);
  if (g.d_alpha || g.d_importance || of_entropy != 0) add_through_alpha(g.spec, r);
  add_through_scores(g.spec.score, r);

  const T temperature = static_cast<T>(g.spec.temperature);
  T most = 0, total = 1;
  if (of_squares != 0) {
    most = largest_of<T>(n, [&](int e) { return r.logits[e]; });
    total = sum_of<T>(n, [&](int e) { return exp(r.logits[e] - most); });
  }
  const T slope = of_squares != 0 ? 2 * of_squares * (most + log(total)) / total : T(0);
  each(n, [&](int e) {
    g.d_logits[at + e] = r.dz[e] / temperature + (of_squares != 0 ? slope * exp(r.logits[e] - most) : T(0));
  });
}

}  // namespace

template <class T>
void gate_backward(const GateBackward<T>& g, cudaStream_t stream) {
  const std::size_t shared = static_cast<std::size_t>(g.experts) * 3 * sizeof(T);
  backward<T><<<static_cast<unsigned>(g.rows), warp, shared, stream>>>(g);
}

template void gate_backward<float>(const GateBackward<float>&, cudaStream_t);
template void gate_backward<double>(const GateBackward<double>&, cudaStream_t);

}  // namespace tessera::kernels::cuda
