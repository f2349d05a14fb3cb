// The gate on a GPU, forward, a row in the registers of a few lanes: what is read of memory is the logits, what is
// written the results. Sparse scores and groups of experts also use shared memory.
#include <cuda_runtime.h>

#include "kernels/gate/cuda.h"
#include "kernels/gate/cuda_row.h"

namespace tessera::kernels::cuda {
namespace {

// A row, and what a lane has of it. In shared memory [experts] each, the row's lanes' own: values in the order of
// experts; sorted values, or groups'; and how many rows have had their largest weight at e.
template <class T, int V, int L>
struct Row : Lanes<V, L> {
  T* by_expert;
  T* ordered;
  T* first_at;
  T z[V] = {}, s[V] = {};    // logits / temperature; scores
  T key[V] = {}, w[V] = {};  // what the selection goes by; alpha
  unsigned chosen = 0;       // bit v

  __device__ bool has(int v) const { return chosen >> v & 1; }
};

template <class T>
__device__ T without_nan(T value) {  // NaN counts as the largest
  return isnan(value) ? T(INFINITY) : value;
}

// How many of n values come before value[e], ties to the lower index.
template <class T>
__device__ int rank_of(int e, const T* value, int n) {
  const T own = value[e];
  int before = 0;
  for (int j = 0; j < n; ++j) before += value[j] > own || (value[j] == own && j < e);
  return before;
}

// The threshold of sparsemax and of entmax-1.5 from a sorted row; kernels/gate/row_scores.h has the formulas.
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

template <class T, int V, int L>
__device__ void sparse_scores(Row<T, V, L>& r, T top, bool entmax15) {
  const T scale = entmax15 ? T(0.5) : T(1);
  const T poison = r.template sum<T>([&](int v, int) { return isnan(r.z[v]) ? r.z[v] : T(0); });
  r.each([&](int v, int e) { r.by_expert[e] = without_nan(r.z[v]); });
  __syncwarp();
  r.each([&](int v, int e) { r.ordered[rank_of(e, r.by_expert, r.experts())] = (r.z[v] - top) * scale; });
  __syncwarp();
  const T tau = threshold(r.ordered, r.experts(), entmax15);
  r.each([&](int v, int) {
    const T p = fmax((r.z[v] - top) * scale - tau, T(0));
    r.s[v] = (entmax15 ? p * p : p) + poison;
  });
  __syncwarp();
}

template <class T>
__device__ T sigmoid(T x) {
  const T e = exp(-fabs(x));
  return (x < 0 ? e : T(1)) / (1 + e);
}

// s, and log(sum of exp(z)) where it is to be had on the way: of a softmax.
template <class T, int V, int L>
__device__ T make_scores(Score score, Row<T, V, L>& r) {
  const T top = r.template largest<T>([&](int v, int) { return r.z[v]; });
  if (score == Score::sparsemax || score == Score::entmax15) sparse_scores(r, top, score == Score::entmax15);
  if (score == Score::sigmoid) r.each([&](int v, int) { r.s[v] = sigmoid(r.z[v]); });
  if (score == Score::relu) r.each([&](int v, int) { r.s[v] = r.z[v] < 0 ? T(0) : r.z[v]; });  // NaN stays
  if (score == Score::none) r.each([&](int v, int) { r.s[v] = r.z[v]; });
  if (score != Score::softmax) return 0;
  r.each([&](int v, int) { r.s[v] = exp(r.z[v] - top); });
  const T total = r.template sum<T>([&](int v, int) { return r.s[v]; }), share = 1 / total;
  r.each([&](int v, int) { r.s[v] *= share; });
  return top + fast_log(total);
}

template <class T, int V, int L>
__device__ void make_keys(const GateForward<T>& g, const T* logits, Row<T, V, L>& r) {
  if (g.bias && g.spec.bias_to == BiasTo::logits) {
    r.each([&](int v, int e) { r.key[v] = r.z[v] + g.bias[e]; });
  } else if (g.bias) {
    r.each([&](int v, int e) { r.key[v] = r.s[v] + g.bias[e]; });
  } else if (g.spec.groups > 1) {
    r.each([&](int v, int) { r.key[v] = r.s[v]; });
  } else if (g.spec.temperature == 1) {
    r.each([&](int v, int) { r.key[v] = r.z[v]; });
  } else {
    r.load(logits, r.key);
  }
  r.each([&](int v, int) { r.key[v] = without_nan(r.key[v]); });
}

// The keys of experts outside the kept groups become -infinity or 0.
template <class T, int V, int L>
__device__ void keep_groups(const GateSpec& spec, Row<T, V, L>& r) {
  const int groups = static_cast<int>(spec.groups), size = r.experts() / groups;
  r.each([&](int v, int e) { r.by_expert[e] = r.key[v]; });
  __syncwarp();
  for (int g = r.lane; g < groups; g += r.lanes()) {
    T first = -INFINITY, second = -INFINITY, total = 0;
    for (int i = g * size; i < (g + 1) * size; ++i) {
      second = fmax(second, fmin(first, r.by_expert[i]));
      first = fmax(first, r.by_expert[i]);
      total += r.by_expert[i];
    }
    r.ordered[g] = without_nan(spec.group_rank == GroupRank::sum                    ? total
                               : spec.group_rank == GroupRank::top2_sum && size > 1 ? first + second
                                                                                    : first);
  }
  __syncwarp();
  const T masked = spec.group_mask == GroupMask::zero ? T(0) : T(-INFINITY);
  r.each([&](int v, int e) {
    if (rank_of(e / size, r.ordered, groups) >= spec.groups_kept) r.key[v] = masked;
  });
  __syncwarp();
}

// One pass of a bitonic network over registers: runs of `size`, each bitonic, become sorted; descending where the bit
// `size` of an index is 0.
template <int size, class T, int V>
__device__ void merge(T (&value)[V]) {
#pragma unroll
  for (int stride = size / 2; stride > 0; stride /= 2) {
#pragma unroll
    for (int i = 0; i < V; ++i) {
      const int j = i ^ stride;
      if (j < i) continue;
      const T high = fmax(value[i], value[j]), low = fmin(value[i], value[j]);
      const bool descending = (i & size) == 0;
      value[i] = descending ? high : low;
      value[j] = descending ? low : high;
    }
  }
}

template <int size = 2, class T, int V>
__device__ void sort(T (&value)[V]) {
  merge<size>(value);
  if constexpr (size < V) sort<2 * size>(value);
}

// The k-th largest key. Each lane sorts its own. Then for a short row the V largest of two lanes' become both's, until
// they are the row's; for others the largest of all heads is taken off k times.
template <class T, int V, int L>
__device__ T kth_largest(const Row<T, V, L>& r, int k) {
  T sorted[V];
#pragma unroll
  for (int v = 0; v < V; ++v) sorted[v] = r.holds(v) ? r.key[v] : T(-INFINITY);
  sort(sorted);
  T top = INFINITY;
  if (V == 8 && 2 < k && k <= V) {
#pragma unroll
    for (int distance = r.lanes() / 2; distance > 0; distance /= 2) {
      T of_both[V];  // of two sorted runs, one turned round: bitonic
#pragma unroll
      for (int v = 0; v < V; ++v) of_both[v] = fmax(sorted[v], __shfl_xor_sync(everyone, sorted[V - 1 - v], distance));
      merge<V>(of_both);
#pragma unroll
      for (int v = 0; v < V; ++v) sorted[v] = of_both[v];
    }
#pragma unroll
    for (int v = 0; v < V; ++v) top = v < k ? fmin(top, sorted[v]) : top;
    return top;
  }
  for (int i = 0; i < k; ++i) {
    top = r.reduce(sorted[0], [](T a, T b) { return fmax(a, b); });
    const unsigned heads = r.ballot(sorted[0] == top);
    if (r.lane == __ffs(static_cast<int>(heads)) - 1) {
#pragma unroll
      for (int v = 0; v + 1 < V; ++v) sorted[v] = sorted[v + 1];
      sorted[V - 1] = -INFINITY;
    }
  }
  return top;
}

// r.chosen: the k largest keys that are above the threshold, ties to the lower index.
template <class T, int V, int L>
__device__ void choose(const GateSpec& spec, Row<T, V, L>& r) {
  const T threshold = static_cast<T>(spec.threshold);
  r.chosen = 0;
  if (spec.k >= r.experts()) {
    r.each([&](int v, int) { r.chosen |= (r.key[v] > threshold ? 1u : 0u) << v; });
    return;
  }
  const int k = static_cast<int>(spec.k);
  const T bound = kth_largest(r, k);
  const int candidates = r.template sum<int>([&](int v, int) { return r.key[v] >= bound ? 1 : 0; });
  if (__all_sync(everyone, candidates == k)) {
    r.each([&](int v, int) { r.chosen |= (r.key[v] >= bound && r.key[v] > threshold ? 1u : 0u) << v; });
    return;
  }
  const int room = k - r.template sum<int>([&](int v, int) { return r.key[v] > bound ? 1 : 0; });
  int equal = 0;  // keys equal to the bound: of this lane, then at lower indices
  r.each([&](int v, int) { equal += r.key[v] == bound; });
  const int own = equal;
  for (int distance = 1; distance < r.lanes(); distance *= 2) {
    const int below = __shfl_up_sync(everyone, equal, distance, r.lanes());
    if (r.lane >= distance) equal += below;
  }
  equal -= own;
  r.each([&](int v, int) {
    const bool has_room = r.key[v] > bound || (r.key[v] == bound && equal++ < room);
    if (has_room && r.key[v] > threshold) r.chosen |= 1u << v;
  });
}

// What chosen softmax or sigmoid scores are in proportion to, with the largest at 1: it can't underflow.
template <class T>
__device__ T relative_score(Score score, T z, T top) {
  if (score == Score::softmax) return exp(z - top);
  return exp(fmin(z, T(0)) - fmin(top, T(0))) * ((1 + exp(-fabs(top))) / (1 + exp(-fabs(z))));
}

// w = alpha. Returns the sum of its magnitudes.
template <class T, int V, int L>
__device__ T weigh(const GateSpec& spec, Row<T, V, L>& r) {
  const auto top_of = [&](const T(&value)[V]) {
    return r.template largest<T>([&](int v, int) { return r.has(v) ? value[v] : T(-INFINITY); });
  };
  const auto total = [&] {
    const bool magnitudes = spec.normalise == Normalise::l1;
    return r.template sum<T>([&](int v, int) { return magnitudes ? fabs(r.w[v]) : r.w[v]; });
  };
  r.each([&](int v, int) { r.w[v] = r.has(v) ? r.s[v] : T(0); });
  T divisor = 1;
  if (spec.normalise == Normalise::softmax) {
    const T top = top_of(r.s);
    r.each([&](int v, int) { r.w[v] = r.has(v) ? exp(r.s[v] - top) : T(0); });
    divisor = total();
  } else if (spec.normalise != Normalise::none) {
    divisor = total();
    const bool faint = is_in_logarithms(spec) && divisor < T(1e-15);  // it may have underflown: in logarithms, then
    if (__any_sync(everyone, faint)) {
      const T top = top_of(r.z);
      r.each([&](int v, int) {
        if (faint && r.has(v)) r.w[v] = relative_score(spec.score, r.z[v], top);
      });
      divisor = total();
    }
  }
  const T scale = static_cast<T>(spec.scale);
  const bool none = divisor == 0;
  r.divide(
      none ? T(1) : divisor, [&](int v) { return r.w[v]; },
      [&](int v, T share) {  // not what isn't chosen: a NaN in the row makes the divisor NaN
        if (r.has(v)) r.w[v] = none ? T(0) : share * scale;
      });
  return r.template sum<T>([&](int v, int) { return fabs(r.w[v]); });
}

// Where the largest weight is, ties to the lower index; -1 without a weight or with a NaN.
template <class T, int V, int L>
__device__ int largest_weight(const Row<T, V, L>& r, T size) {
  const T best = r.template largest<T>([&](int v, int) { return r.w[v] != 0 ? r.w[v] : T(-INFINITY); });
  unsigned there = 0;
  r.each([&](int v, int) { there |= (r.w[v] == best ? 1u : 0u) << v; });
  int found = there ? r.lane * V + __ffs(static_cast<int>(there)) - 1 : r.experts();
  found = r.reduce(found, [](int a, int b) { return min(a, b); });
  return size == 0 || isnan(size) ? -1 : found;
}

template <class T, int V, int L>
__device__ T entropy_of(const Row<T, V, L>& r, T size) {
  T sum = 0;
  r.divide(
      size, [&](int v) { return fabs(r.w[v]); }, [&](int, T p) { sum += p != 0 ? p * fast_log(p) : T(0); });
  return -r.reduce(sum, [](T a, T b) { return a + b; });
}

// Over the rows that a lane takes part in: of its own experts; and of the rows, the same in each lane of a row.
template <class T, int V>
struct Totals {
  T load[V] = {}, importance[V] = {}, share[V] = {};
  T sums[gate_sums] = {};
};

template <class T, int V, int L>
__device__ T log_sum_exp(const Row<T, V, L>& r, const T (&value)[V], T& top, T& total) {
  top = r.template largest<T>([&](int v, int) { return value[v]; });
  total = r.template sum<T>([&](int v, int) { return fast_exp(value[v] - top); });
  return top + fast_log(total);
}

// counted: the row is one; otherwise its lanes only keep the others of the warp company.
template <class T, int V, int L>
__device__ void add_row(const GateSpec& spec, const T* logits, T of_softmax, T size, const Row<T, V, L>& r,
                        bool counted, Totals<T, V>& to) {
  const int best = largest_weight(r, size);
  const T entropy = entropy_of(r, size);
  T top = 0, total = 1, logsumexp = of_softmax;
  if (spec.score != Score::softmax || spec.temperature != 1) {
    T of_row[V] = {};
    r.load(logits, of_row);
    logsumexp = log_sum_exp(r, of_row, top, total);
  }
  if (spec.score == Score::none) {
    log_sum_exp(r, r.z, top, total);
  } else if (spec.score == Score::softmax) {
    total = of_softmax - of_softmax + 1;  // or NaN
  } else {
    total = r.template sum<T>([&](int v, int) { return r.s[v]; });
  }
  if (!counted) return;
  const T part = total != 0 ? 1 / total : T(0);
  if (best >= 0 && r.lane == best / V) r.first_at[best] += 1;
  r.each([&](int v, int) {
    to.load[v] += r.w[v] != 0;
    to.importance[v] += r.w[v];
  });
  if (spec.score == Score::none) {
    r.each([&](int v, int) { to.share[v] += exp(r.z[v] - top) * part; });
  } else {
    r.each([&](int v, int) { to.share[v] += r.s[v] * part; });
  }
  if (size != 0) to.sums[entropy_sum] += entropy;
  to.sums[weighted_rows] += size != 0;
  to.sums[scored_rows] += total != 0;
  to.sums[squares_sum] += logsumexp * logsumexp;
}

// to[e]: the sum over the block's rows of of_rows, [rows, experts] in shared memory.
template <class T>
__device__ void add_rows(const T* of_rows, int rows, int experts, T* to) {
  __syncthreads();
  for (int e = threadIdx.x; e < experts; e += blockDim.x) {
    T total = 0;
    for (int i = 0; i < rows; ++i) total += of_rows[i * experts + e];
    to[e] = total;
  }
  __syncthreads();
}

template <class T, int V, int L>
__global__ void __launch_bounds__(gate_threads, wanted_blocks<T, V>(5)) forward(const GateForward<T> g, int any_lanes) {
  extern __shared__ double memory[];
  T* const shared = reinterpret_cast<T*>(memory);
  const GateSpec& spec = g.spec;
  const Lanes<V, L> of_row{g.experts, any_lanes};
  const int experts = of_row.experts(), lanes = of_row.lanes();
  const int rows = blockDim.x / lanes, own = threadIdx.x / lanes;
  Row<T, V, L> r{of_row, shared + 2 * own * experts, shared + (2 * own + 1) * experts,
                 shared + (2 * rows + own) * experts};
  Totals<T, V> totals;
  r.each([&](int, int e) { r.first_at[e] = 0; });
  const T temperature = static_cast<T>(spec.temperature);

  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * rows;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * rows + own;
  const auto logits_of = [&](std::int64_t row) { return g.logits + (row < g.rows ? row : 0) * experts; };
  T next[V] = {};
  r.load(logits_of(first), next);
  for (std::int64_t row = first; row - own < g.rows; row += step) {
    const bool counted = row < g.rows;
    const std::int64_t at = (counted ? row : 0) * experts;
    const T* const logits = g.logits + at;
    r.each([&](int v, int) { r.z[v] = next[v]; });
    if (temperature != 1) r.each([&](int v, int) { r.z[v] /= temperature; });
    r.load(logits_of(row + step), next);  // while this row is worked on
    const T of_softmax = make_scores(spec.score, r);
    make_keys(g, logits, r);
    if (spec.groups_kept < spec.groups) keep_groups(spec, r);
    choose(spec, r);
    const T size = weigh(spec, r);
    if (counted) {
      r.store(r.w, g.alpha + at);
      r.store(r.s, g.scores + at);
    }
    add_row(spec, logits, of_softmax, size, r, counted, totals);
  }

  T* const to = g.partials + static_cast<std::int64_t>(blockIdx.x) * (4 * experts + 4);
  add_rows(shared + 2 * rows * experts, rows, experts, to + 3 * experts);
  const auto add_block = [&](const T(&value)[V], T* total) {
    r.each([&](int v, int e) { shared[own * experts + e] = value[v]; });
    add_rows(shared, rows, experts, total);
  };
  add_block(totals.load, to);
  add_block(totals.importance, to + experts);
  add_block(totals.share, to + 2 * experts);
  if (r.lane == 0) {
    for (int i = 0; i < gate_sums; ++i) shared[i * rows + own] = totals.sums[i];
  }
  __syncthreads();
  if (threadIdx.x < gate_sums) {
    T total = 0;
    for (int i = 0; i < rows; ++i) total += shared[threadIdx.x * rows + i];
    to[4 * experts + threadIdx.x] = total;
  }
}

// Adds up all blocks' partials; a column of 32 threads for each of the 4 experts + 4 totals.
constexpr int adders = 32;
template <class T>
__global__ void add_up(const GateForward<T> g) {
  __shared__ double part[adders][warp];
  const int n = 4 * g.experts + 4, i = blockIdx.x * warp + threadIdx.x;
  double sum = 0;
  for (int block = threadIdx.y; i < n && block < g.blocks; block += adders) {
    sum += g.partials[static_cast<std::int64_t>(block) * n + i];
  }
  part[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || i >= n) return;
  for (int y = 1; y < adders; ++y) sum += part[y][threadIdx.x];
  T* const outputs[] = {g.load, g.importance, g.share, g.first, g.sums};
  outputs[i / g.experts < 4 ? i / g.experts : 4][i < 4 * g.experts ? i % g.experts : i - 4 * g.experts] =
      static_cast<T>(sum);
}

// How a row's lanes and a block's rows come out for that many experts.
template <class T, int V>
struct Launch {
  int lanes, threads, rows;
  std::size_t shared;

  explicit Launch(int experts) {
    lanes = lanes_for(experts, V);
    threads = V == 32 ? gate_threads / 2 : gate_threads;
    rows = threads / lanes;
    shared = sizeof(T) * static_cast<std::size_t>(rows) * static_cast<std::size_t>(experts > 1 ? 3 * experts : 4);
    static_assert(gate_most_experts == 32 * warp && 2 * 3 * gate_most_experts * sizeof(T) <= 48 << 10);
  }
};

}  // namespace

template <class T>
int gate_blocks(std::int64_t rows, int experts) {
  int blocks = 0;
  with_experts_a_lane<T>(experts, [&]<int V, int L>() {
    const Launch<T, V> launch(experts);
    int device = 0, processors = 1, of_each = 1;
    cudaGetDevice(&device);
    cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
    cudaOccupancyMaxActiveBlocksPerMultiprocessor(&of_each, forward<T, V, L>, launch.threads, launch.shared);
    const int at_once = processors * of_each;
    const std::int64_t needed = (rows + launch.rows - 1) / launch.rows;
    blocks = static_cast<int>(needed < at_once ? needed : at_once);
  });
  return blocks;
}

template <class T>
void gate_forward(const GateForward<T>& g, cudaStream_t stream) {
  with_experts_a_lane<T>(g.experts, [&]<int V, int L>() {
    const Launch<T, V> launch(g.experts);
    if (g.blocks > 0) forward<T, V, L><<<g.blocks, launch.threads, launch.shared, stream>>>(g, launch.lanes);
  });
  const unsigned of_totals = static_cast<unsigned>((4 * g.experts + 4 + warp - 1) / warp);
  add_up<T><<<of_totals, dim3(warp, adders), 0, stream>>>(g);
}

template int gate_blocks<float>(std::int64_t, int);
template int gate_blocks<double>(std::int64_t, int);
template void gate_forward<float>(const GateForward<float>&, cudaStream_t);
template void gate_forward<double>(const GateForward<double>&, cudaStream_t);

}  // namespace tessera::kernels::cuda
