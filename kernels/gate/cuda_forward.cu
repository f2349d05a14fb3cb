// The gate on a GPU, forward: a warp for each row. Ranks, which give the k largest and the sorted row, are counted by
// comparing all pairs: for the number of experts that there are, less work than sorting.
#include <cuda_runtime.h>

#include "kernels/gate/cuda.h"
#include "kernels/gate/cuda_warp.h"

namespace tessera::kernels::cuda {
namespace {

// In shared memory, [experts] each.
template <class T>
struct Row {
  int experts;
  T *z, *s;      // logits / temperature; scores
  T *key, *w;    // what the selection goes by; the weights before they are divided
  T* totals[4];  // load, importance, share, first; each lane adds to its own experts
  int* rank;

  __device__ Row(void* memory, int n) : experts(n) {
    T* at = static_cast<T*>(memory);
    const auto next = [&] {
      T* const here = at;
      at += n;
      return here;
    };
    z = next(), s = next(), key = next(), w = next();
    for (T*& total : totals) total = next();
    rank = reinterpret_cast<int*>(at);
  }
};

// rank[e]: how many values come before it, ties to the lower index.
template <class T>
__device__ void rank_all(const T* value, int n, int* rank) {
  __syncwarp();
  each(n, [&](int e) {
    const T own = value[e];
    int before = 0;
    for (int j = 0; j < n; ++j) before += value[j] > own || (value[j] == own && j < e);
    rank[e] = before;
  });
  __syncwarp();
}

template <class T>
__device__ T without_nan(T value) {  // NaN counts as the largest
  return isnan(value) ? T(INFINITY) : value;
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

template <class T>
__device__ void sparse_scores(const Row<T>& r, T top, bool entmax15) {
  const T scale = entmax15 ? T(0.5) : T(1);
  const T poison = sum_of<T>(r.experts, [&](int e) { return isnan(r.z[e]) ? r.z[e] : T(0); });
  each(r.experts, [&](int e) { r.key[e] = without_nan(r.z[e]); });
  rank_all(r.key, r.experts, r.rank);
  each(r.experts, [&](int e) { r.w[r.rank[e]] = (r.z[e] - top) * scale; });
  __syncwarp();
  const T tau = threshold(r.w, r.experts, entmax15);
  each(r.experts, [&](int e) {
    const T p = fmax((r.z[e] - top) * scale - tau, T(0));
    r.s[e] = (entmax15 ? p * p : p) + poison;
  });
  __syncwarp();
}

template <class T>
__device__ T sigmoid(T x) {
  const T e = exp(-fabs(x));
  return (x < 0 ? e : T(1)) / (1 + e);
}

template <class T>
__device__ void make_scores(Score score, const Row<T>& r) {
  const T top = largest_of<T>(r.experts, [&](int e) { return r.z[e]; });
  if (score == Score::sparsemax || score == Score::entmax15) return sparse_scores(r, top, score == Score::entmax15);
  each(r.experts, [&](int e) {
    const T z = r.z[e];
    r.s[e] = score == Score::softmax   ? exp(z - top)
             : score == Score::sigmoid ? sigmoid(z)
             : score == Score::relu    ? (z < 0 ? T(0) : z)  // NaN stays
                                       : z;
  });
  if (score != Score::softmax) return;
  const T total = sum_of<T>(r.experts, [&](int e) { return r.s[e]; });
  each(r.experts, [&](int e) { r.s[e] /= total; });
}

// The keys of experts outside the kept groups become -infinity or 0.
template <class T>
__device__ void keep_groups(const GateSpec& spec, const Row<T>& r) {
  const int groups = static_cast<int>(spec.groups), size = r.experts / groups;
  __syncwarp();
  each(groups, [&](int g) {
    T first = -INFINITY, second = -INFINITY, total = 0;
    for (int i = g * size; i < (g + 1) * size; ++i) {
      second = fmax(second, fmin(first, r.key[i]));
      first = fmax(first, r.key[i]);
      total += r.key[i];
    }
    r.w[g] = without_nan(spec.group_rank == GroupRank::sum                    ? total
                         : spec.group_rank == GroupRank::top2_sum && size > 1 ? first + second
                                                                              : first);
  });
  rank_all(r.w, groups, r.rank);
  const T masked = spec.group_mask == GroupMask::zero ? T(0) : T(-INFINITY);
  each(r.experts, [&](int e) {
    if (r.rank[e / size] >= spec.groups_kept) r.key[e] = masked;
  });
}

// What chosen softmax or sigmoid scores are in proportion to, with the largest at 1: it can't underflow.
template <class T>
__device__ T relative_score(Score score, T z, T top) {
  if (score == Score::softmax) return exp(z - top);
  return exp(fmin(z, T(0)) - fmin(top, T(0))) * ((1 + exp(-fabs(top))) / (1 + exp(-fabs(z))));
}

// w = alpha.
template <class T>
__device__ void weigh(const GateSpec& spec, const Row<T>& r) {
  const T least = static_cast<T>(spec.threshold);
  const auto chosen = [&](int e) { return r.rank[e] < spec.k && r.key[e] > least; };
  const bool soft = spec.normalise == Normalise::softmax, relative = is_in_logarithms(spec);
  const T* const value = soft ? r.s : r.z;
  const T top = largest_of<T>(r.experts, [&](int e) { return chosen(e) ? value[e] : T(-INFINITY); });
  each(r.experts, [&](int e) {
    r.w[e] = !chosen(e) ? T(0) : soft ? exp(r.s[e] - top) : relative ? relative_score(spec.score, r.z[e], top) : r.s[e];
  });
  T divisor = 1;
  if (spec.normalise != Normalise::none) {
    const bool magnitudes = spec.normalise == Normalise::l1;
    divisor = sum_of<T>(r.experts, [&](int e) { return magnitudes ? fabs(r.w[e]) : r.w[e]; });
  }
  const T scale = static_cast<T>(spec.scale);
  // Not what isn't chosen: a NaN in the row makes the divisor NaN.
  each(r.experts, [&](int e) { r.w[e] = chosen(e) && divisor != 0 ? r.w[e] / divisor * scale : T(0); });
}

// Where the largest weight is, ties to the lower index; -1 without a weight or with a NaN.
template <class T>
__device__ int largest_weight(const Row<T>& r, T size) {
  if (size == 0 || isnan(size)) return -1;
  const T best = largest_of<T>(r.experts, [&](int e) { return r.w[e] != 0 ? r.w[e] : T(-INFINITY); });
  int found = r.experts;
  each(r.experts, [&](int e) {
    if (r.w[e] == best && e < found) found = e;
  });
  return __reduce_min_sync(everyone, found);
}

template <class T>
__device__ T entropy_of(const Row<T>& r, T size) {
  return -sum_of<T>(r.experts, [&](int e) {
    const T p = fabs(r.w[e]) / size;
    return p != 0 ? p * log(p) : T(0);
  });
}

// Adds the row to the totals; sums is the same for every lane.
template <class T>
__device__ void add_row(const GateSpec& spec, const T* logits, const Row<T>& r, T (&sums)[4]) {
  const T size = sum_of<T>(r.experts, [&](int e) { return fabs(r.w[e]); });
  const int best = largest_weight(r, size);
  const bool none = spec.score == Score::none;
  const T top = none ? largest_of<T>(r.experts, [&](int e) { return r.z[e]; }) : T(0);
  const auto basis = [&](int e) { return none ? exp(r.z[e] - top) : r.s[e]; };
  const T total = sum_of<T>(r.experts, basis);
  each(r.experts, [&](int e) {
    r.totals[0][e] += r.w[e] != 0;
    r.totals[1][e] += r.w[e];
    if (total != 0) r.totals[2][e] += basis(e) / total;
    r.totals[3][e] += e == best;
  });
  if (size != 0) sums[entropy_sum] += entropy_of(r, size);
  sums[weighted_rows] += size != 0;
  sums[scored_rows] += total != 0;
  const T most = largest_of<T>(r.experts, [&](int e) { return logits[e]; });
  const T logsumexp = most + log(sum_of<T>(r.experts, [&](int e) { return exp(logits[e] - most); }));
  sums[squares_sum] += logsumexp * logsumexp;
}

template <class T>
__global__ void forward(const GateForward<T> g) {
  extern __shared__ double memory[];
  const GateSpec& spec = g.spec;
  const int experts = g.experts;
  const Row<T> r(memory, experts);
  const T temperature = static_cast<T>(spec.temperature);
  T sums[gate_sums] = {};
  for (T* total : r.totals) {
    each(experts, [&](int e) { total[e] = 0; });
  }

  for (std::int64_t row = blockIdx.x; row < g.rows; row += gridDim.x) {
    const T* const logits = g.logits + row * experts;
    each(experts, [&](int e) { r.z[e] = logits[e] / temperature; });
    make_scores(spec.score, r);
    const T* const scored = g.bias && spec.bias_to == BiasTo::logits ? r.z : r.s;
    each(experts, [&](int e) {
      r.key[e] = without_nan(g.bias ? scored[e] + g.bias[e] : spec.groups > 1 ? r.s[e] : logits[e]);
    });
    if (spec.groups_kept < spec.groups) keep_groups(spec, r);
    rank_all(r.key, experts, r.rank);
    weigh(spec, r);
    add_row(spec, logits, r, sums);
    each(experts, [&](int e) {
      g.alpha[row * experts + e] = r.w[e];
      g.scores[row * experts + e] = r.s[e];
    });
    __syncwarp();
  }

  T* const to = g.partials + static_cast<std::int64_t>(blockIdx.x) * (4 * experts + 4);
  for (int i = 0; i < 4; ++i) {
    each(experts, [&](int e) { to[i * experts + e] = r.totals[i][e]; });
    if (threadIdx.x == 0) to[4 * experts + i] = sums[i];
  }
}

// Adds up all blocks' partials; a column of 8 threads for each of the 4 experts + 4 totals.
constexpr int adders = 8;
template <class T>
__global__ void add_up(const GateForward<T> g, int blocks) {
  __shared__ double part[adders][warp];
  const int n = 4 * g.experts + 4, i = blockIdx.x * warp + threadIdx.x;
  double sum = 0;
  for (int block = threadIdx.y; i < n && block < blocks; block += adders) {
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

}  // namespace

template <class T>
void gate_forward(const GateForward<T>& g, cudaStream_t stream) {
  const std::size_t shared = static_cast<std::size_t>(g.experts) * (8 * sizeof(T) + sizeof(int));
  const int blocks = gate_blocks(g.rows);
  if (blocks > 0) forward<T><<<static_cast<unsigned>(blocks), warp, shared, stream>>>(g);
  const unsigned of_totals = static_cast<unsigned>((4 * g.experts + 4 + warp - 1) / warp);
  add_up<T><<<of_totals, dim3(warp, adders), 0, stream>>>(g, blocks);
}

template void gate_forward<float>(const GateForward<float>&, cudaStream_t);
template void gate_forward<double>(const GateForward<double>&, cudaStream_t);

}  // namespace tessera::kernels::cuda
