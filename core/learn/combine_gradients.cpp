#include "core/learn/combine_gradients.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "core/data/random.h"

namespace tessera {
namespace {

constexpr int most_sweeps = 1000;
constexpr double settled = 1e-10;         // a sweep that moves no weight further ends a search
constexpr double rank_tolerance = 1e-12;  // eigenvalues below this share of the largest are none

using Weights = std::vector<double>;

struct Gram {
  std::size_t tasks;
  std::vector<double> products;
  double at(std::size_t i, std::size_t j) const { return products[i * tasks + j]; }
  // Of g_i with sum_k w_k g_k.
  double with(std::size_t i, const Weights& w) const {
    double sum = 0;
    for (std::size_t k = 0; k < tasks; ++k) sum += at(i, k) * w[k];
    return sum;
  }
  double square(const Weights& w) const {  // of the length of sum_k w_k g_k
    double sum = 0;
    for (std::size_t k = 0; k < tasks; ++k) sum += w[k] * with(k, w);
    return std::max(sum, 0.);
  }
};

Gram to_gram(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();
  const double* const data = values.const_data_ptr<double>();
  return {static_cast<std::size_t>(values.size(0)), {data, data + values.numel()}};
}

at::Tensor to_tensor(const Weights& w) { return at::tensor(at::ArrayRef<double>(w), at::kDouble); }

Weights mean_weights(const Gram& gram) { return Weights(gram.tasks, 1 / static_cast<double>(gram.tasks)); }

Weights pcgrad(const Gram& gram, std::uint64_t seed) {
  Weights total(gram.tasks);
  Random random(static_cast<std::int64_t>(seed), "pcgrad");
  for (std::size_t i = 0; i < gram.tasks; ++i) {
    std::vector<std::int32_t> others(gram.tasks);
    std::iota(others.begin(), others.end(), 0);
    random.shuffle(others);
    Weights projected(gram.tasks);
    projected[i] = 1;
    for (const std::int32_t other : others) {
      const auto j = static_cast<std::size_t>(other);
      const double product = j == i ? 0 : gram.with(j, projected);
      if (product < 0 && gram.at(j, j) > 0) projected[j] -= product / gram.at(j, j);
    }
    for (std::size_t k = 0; k < gram.tasks; ++k) total[k] += projected[k] / static_cast<double>(gram.tasks);
  }
  return total;
}

// 0 for tasks without a gradient, the same for all others.
Weights even_weights(const Gram& gram) {
  double count = 0;
  for (std::size_t i = 0; i < gram.tasks; ++i) count += gram.at(i, i) > 0;
  Weights w(gram.tasks);
  for (std::size_t i = 0; i < gram.tasks; ++i) w[i] = gram.at(i, i) > 0 ? 1 / count : 0;
  return w;
}

// A minimum over w >= 0 with sum 1, of the tasks with a gradient, by moving weight between two at a time:
// best_move(w, i, j) says how much is to go from j to i, w_j to it at most and -w_i at least.
Weights over_simplex(const Gram& gram,
                     const std::function<double(const Weights&, std::size_t, std::size_t)>& best_move) {
  Weights w = even_weights(gram);
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    double furthest = 0;
    for (std::size_t i = 0; i < gram.tasks; ++i) {
      for (std::size_t j = i + 1; j < gram.tasks; ++j) {
        if (gram.at(i, i) <= 0 || gram.at(j, j) <= 0) continue;
        const double move = best_move(w, i, j);
        w[i] += move;
        w[j] -= move;
        furthest = std::max(furthest, std::abs(move));
      }
    }
    if (furthest < settled) break;
  }
  return w;
}

Weights mgda(const Gram& gram) {
  return over_simplex(gram, [&](const Weights& w, std::size_t i, std::size_t j) {
    const double curvature = gram.at(i, i) + gram.at(j, j) - 2 * gram.at(i, j);
    if (curvature <= 0) return 0.;  // equal gradients
    return std::clamp((gram.with(j, w) - gram.with(i, w)) / curvature, -w[i], w[j]);
  });
}

// Minimises g_w . g_0 + c |g_0| |g_w|. Along w + m (e_i - e_j) that is l m + R sqrt(A m^2 + 2 B m + S) and a constant;
// its derivative is 0 at m = -B / A - l sqrt(C / (A (A R^2 - l^2))), C = S - B^2 / A.
Weights cagrad(const Gram& gram) {
  const Weights mean = mean_weights(gram);
  const double radius = 0.5 * std::sqrt(gram.square(mean));  // R = c |g_0|
  const Weights w = over_simplex(gram, [&](const Weights& from, std::size_t i, std::size_t j) {
    const double slope = gram.with(i, mean) - gram.with(j, mean);
    const double A = gram.at(i, i) + gram.at(j, j) - 2 * gram.at(i, j);
    if (A <= 0) return 0.;  // equal gradients
    const double B = gram.with(i, from) - gram.with(j, from), C = std::max(gram.square(from) - B * B / A, 0.);
    const double steepness = A * radius * radius - slope * slope;
    if (steepness <= 0) return slope > 0 ? -from[i] : from[j];  // it falls all the way
    return std::clamp(-B / A - slope * std::sqrt(C / (A * steepness)), -from[i], from[j]);
  });
  double longest = 0;
  for (std::size_t k = 0; k < gram.tasks; ++k) longest = std::max(longest, gram.at(k, k));
  const double length = std::sqrt(gram.square(w));
  Weights made = mean;
  if (length > settled * std::sqrt(longest)) {
    for (std::size_t k = 0; k < gram.tasks; ++k) made[k] += radius / length * w[k];
  }
  return made;
}

at::Tensor aligned_mtl(const at::Tensor& gram) {
  const auto [values, vectors] = at::linalg_eigh(gram);
  const at::Tensor used = values > values.max() * rank_tolerance;  // those of the gradients' span
  if (!used.any().item<bool>()) return at::zeros_like(values);
  const at::Tensor least = values.masked_select(used).min();
  const at::Tensor scale = at::where(used, (least / values.clamp_min(1e-300)).sqrt(), 0);
  const at::Tensor balance = at::mm(vectors * scale, vectors.t());
  return balance.mean(0);
}

// Equal projections on each direction u_i = g_i / |g_i|: with v_i = w_i |g_i|, all sum_j cos_ij v_j are the same.
at::Tensor imtl_g(const at::Tensor& gram) {
  const at::Tensor lengths = gram.diagonal().clamp_min(0).sqrt(), some = (lengths > 0).to(at::kDouble);
  const at::Tensor inverse = at::where(lengths > 0, 1 / lengths, 0);
  const at::Tensor cosines = gram * inverse.unsqueeze(0) * inverse.unsqueeze(1);
  const at::Tensor v = at::mv(at::linalg_pinv(cosines, rank_tolerance, /*hermitian=*/true), some);
  const bool equal = at::allclose(at::mv(cosines, v), some, 1e-6, 1e-6);
  const at::Tensor w = v * inverse;
  const double sum = w.sum().item<double>();
  return equal && sum > rank_tolerance * w.abs().max().item<double>() ? w / sum : at::zeros_like(w);
}

// The projection of g_i on what hurts no task: of all v >= e_i, that with the shortest sum_k v_k g_k.
Weights harmless(const Gram& gram, std::size_t i) {
  Weights v(gram.tasks);
  v[i] = 1;
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    double furthest = 0;
    for (std::size_t k = 0; k < gram.tasks; ++k) {
      if (gram.at(k, k) <= 0) continue;
      const double least = k == i ? 1 : 0, before = v[k];
      v[k] = std::max(least, v[k] - gram.with(k, v) / gram.at(k, k));
      furthest = std::max(furthest, std::abs(v[k] - before));
    }
    if (furthest < settled) break;
  }
  return v;
}

Weights upgrad(const Gram& gram) {
  Weights total(gram.tasks);
  for (std::size_t i = 0; i < gram.tasks; ++i) {
    const Weights of_one = harmless(gram, i);
    for (std::size_t k = 0; k < gram.tasks; ++k) total[k] += of_one[k] / static_cast<double>(gram.tasks);
  }
  return total;
}

}  // namespace

at::Tensor combination_weights(const std::string& rule, const at::Tensor& gram, std::uint64_t seed) {
  if (!gram.isfinite().all().item<bool>()) {
    return at::full({gram.size(0)}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
  }
  const Gram products = to_gram(gram);
  if (rule == "mean") return to_tensor(mean_weights(products));
  if (rule == "pcgrad") return to_tensor(pcgrad(products, seed));
  if (rule == "mgda") return to_tensor(mgda(products));
  if (rule == "cagrad") return to_tensor(cagrad(products));
  if (rule == "aligned_mtl") return aligned_mtl(gram);
  if (rule == "imtl_g") return imtl_g(gram);
  if (rule == "upgrad") return to_tensor(upgrad(products));
  throw std::invalid_argument("no rule to combine gradients: " + rule);
}

}  // namespace tessera
