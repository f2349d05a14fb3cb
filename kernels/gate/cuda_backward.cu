// The gate on a GPU, backward, a row in the registers of a few lanes. kernels/gate/row_gradients.h has the formulas.
#include <cuda_runtime.h>

#include "kernels/gate/cuda.h"
#include "kernels/gate/cuda_row.h"

namespace tessera::kernels::cuda {
namespace {

// A row's alpha and scores, and the gradients so far: with respect to alpha, the scores, and z.
template <class T, int V, int L>
struct Row : Lanes<V, L> {
  T a[V] = {}, s[V] = {}, da[V] = {}, ds[V] = {}, dz[V] = {};
};

template <class T, int V, int L>
__device__ void add_entropy(Row<T, V, L>& r, T factor) {
  const T size = r.template sum<T>([&](int v, int) { return fabs(r.a[v]); });
  const T h = -r.template sum<T>([&](int v, int) {
    const T p = fabs(r.a[v]) / size;
    return p != 0 ? p * log(p) : T(0);
  });
  r.each([&](int v, int) {
    const T slope = (-log(fabs(r.a[v]) / size) - h) / size * factor;
    if (r.a[v] != 0) r.da[v] += r.a[v] < 0 ? -slope : slope;
  });
}

template <class T, int V, int L>
__device__ void add_share(Score score, const T* d_share, Row<T, V, L>& r) {
  const bool none = score == Score::none;
  const T top = none ? r.template largest<T>([&](int v, int) { return r.s[v]; }) : T(0);
  const auto basis = [&](int v) { return none ? exp(r.s[v] - top) : r.s[v]; };
  const T total = r.template sum<T>([&](int v, int) { return basis(v); });
  const T sum = r.template sum<T>([&](int v, int e) { return basis(v) * d_share[e]; });
  if (total == 0) return;
  r.each([&](int v, int e) {
    const T d = (d_share[e] - sum / total) / total;
    if (none) {
      r.dz[v] += basis(v) * d;
    } else {
      r.ds[v] += d;
    }
  });
}

template <class T, int V, int L>
__device__ void add_through_alpha(const GateSpec& spec, Row<T, V, L>& r) {
  const T scale = static_cast<T>(spec.scale);
  if (spec.normalise == Normalise::none) {
    r.each([&](int v, int) {
      if (r.a[v] != 0) r.ds[v] += r.da[v] * scale;
    });
    return;
  }
  // Of one expert exactly da.
  const T mean = scale == 1 ? r.template sum<T>([&](int v, int) { return r.a[v] * r.da[v]; })
                            : r.template sum<T>([&](int v, int) { return r.a[v] / scale * r.da[v]; });
  if (spec.normalise == Normalise::softmax) {
    r.each([&](int v, int) { r.ds[v] += r.a[v] != 0 ? r.a[v] * (r.da[v] - mean) : T(0); });
  } else if (is_in_logarithms(spec)) {
    const bool sigmoid = spec.score == Score::sigmoid;
    r.each([&](int v, int) {
      if (r.a[v] != 0) r.dz[v] += r.a[v] * (r.da[v] - mean) * (sigmoid ? 1 - r.s[v] : T(1));
    });
  } else {
    const bool magnitudes = spec.normalise == Normalise::l1;
    const T divisor = r.template sum<T>([&](int v, int) {
      return r.a[v] == 0 ? T(0) : magnitudes ? fabs(r.s[v]) : r.s[v];
    });
    r.each([&](int v, int) {
      if (r.a[v] != 0) r.ds[v] += (r.da[v] - (magnitudes && r.s[v] < 0 ? -mean : mean)) / divisor * scale;
    });
  }
}

template <class T, int V, int L>
__device__ void add_through_scores(Score score, Row<T, V, L>& r) {
  if (score == Score::sigmoid || score == Score::relu || score == Score::none) {
    r.each([&](int v, int) {
      const T s = r.s[v];
      r.dz[v] += score == Score::sigmoid ? r.ds[v] * s * (1 - s) : score == Score::relu && s == 0 ? T(0) : r.ds[v];
    });
    return;
  }
  const auto slope = [&](int v) {
    const T s = r.s[v];
    if (score == Score::softmax) return s;
    if (score == Score::entmax15) return sqrt(s);
    return s > 0 ? T(1) : s;  // s: zero, or NaN
  };
  T mean = r.template sum<T>([&](int v, int) { return slope(v) * r.ds[v]; });
  if (score != Score::softmax) mean /= r.template sum<T>([&](int v, int) { return slope(v); });  // of a softmax 1
  r.each([&](int v, int) { r.dz[v] += slope(v) * (r.ds[v] - mean); });
}

template <class T, int V, int L>
__global__ void __launch_bounds__(gate_threads, wanted_blocks<T, V>(6))
    backward(const GateBackward<T> g, int any_lanes) {
  const Lanes<V, L> of_row{g.experts, any_lanes};
  const int n = of_row.experts(), lanes = of_row.lanes(), rows = blockDim.x / lanes;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * rows + threadIdx.x / lanes;
  const bool counted = row < g.rows;  // otherwise its lanes only keep the others of the warp company
  const std::int64_t at = (counted ? row : 0) * n;
  Row<T, V, L> r{of_row};
  r.load(g.alpha + at, r.a);
  r.load(g.scores + at, r.s);
  if (g.d_alpha) r.load(g.d_alpha + at, r.da);
  if (g.d_scores) r.load(g.d_scores + at, r.ds);
  if (g.d_importance) r.each([&](int v, int e) { r.da[v] += g.d_importance[e]; });
  const T of_entropy = g.d_sums ? g.d_sums[entropy_sum] : T(0), of_squares = g.d_sums ? g.d_sums[squares_sum] : T(0);
  if (of_entropy != 0) add_entropy(r, of_entropy);
  if (g.d_share) add_share(g.spec.score, g.d_share, r);
  if (g.d_alpha || g.d_importance || of_entropy != 0) add_through_alpha(g.spec, r);
  add_through_scores(g.spec.score, r);

  const T per_temperature = 1 / static_cast<T>(g.spec.temperature);
  r.each([&](int v, int) { r.dz[v] *= per_temperature; });
  if (of_squares != 0) {
    T logits[V] = {};
    r.load(g.logits + at, logits);
    const T most = r.template largest<T>([&](int v, int) { return logits[v]; });
    const T total = r.template sum<T>([&](int v, int) { return exp(logits[v] - most); });
    const T slope = 2 * of_squares * (most + log(total)) / total;
    r.each([&](int v, int) { r.dz[v] += slope * exp(logits[v] - most); });
  }
  if (!counted) return;
  r.store(r.dz, g.d_logits + at);
}

}  // namespace

template <class T>
void gate_backward(const GateBackward<T>& g, cudaStream_t stream) {
  with_experts_a_lane<T>(g.experts, [&]<int V, int L>() {
    const int lanes = lanes_for(g.experts, V), rows = gate_threads / lanes;
    const std::int64_t blocks = (g.rows + rows - 1) / rows;
    backward<T, V, L><<<static_cast<unsigned>(blocks), gate_threads, 0, stream>>>(g, lanes);
  });
}

template void gate_backward<float>(const GateBackward<float>&, cudaStream_t);
template void gate_backward<double>(const GateBackward<double>&, cudaStream_t);

}  // namespace tessera::kernels::cuda
