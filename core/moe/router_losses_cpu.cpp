// The router losses in loops, for the CPU.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/moe/router_losses.h"

namespace tessera {
namespace {

// A row of [T, E] weights: its sum.
template <class T>
double sum_of(const T* row, std::int64_t E) {
  double sum = 0;
  for (std::int64_t e = 0; e < E; ++e) sum += row[e];
  return sum;
}

// Of row / sum, in nats.
template <class T>
double entropy(const T* row, std::int64_t E, double sum) {
  double h = 0;
  for (std::int64_t e = 0; e < E; ++e) {
    if (row[e] != 0) h -= row[e] / sum * std::log(row[e] / sum);
  }
  return h;
}

// sum_e f_e q_e, q = row / sum
template <class T>
double weighted(const T* row, std::int64_t E, double sum, const std::vector<double>& f) {
  double total = 0;
  for (std::int64_t e = 0; e < E; ++e) total += f[static_cast<std::size_t>(e)] * row[e];
  return total / sum;
}

template <class T>
double logsumexp(const T* row, std::int64_t E) {
  const double most = *std::max_element(row, row + E);
  double sum = 0;
  for (std::int64_t e = 0; e < E; ++e) sum += std::exp(row[e] - most);
  return most + std::log(sum);
}

std::vector<double> load_shares(const at::Tensor& offsets) {
  const auto* const at = offsets.const_data_ptr<std::int32_t>();
  const std::int64_t E = offsets.size(0) - 1;
  std::vector<double> f;
  for (std::int64_t e = 0; e < E; ++e) f.push_back(static_cast<double>(at[e + 1] - at[e]) / std::max(at[E], 1));
  return f;
}

// Calls f(t, row, sum) for the rows with weight and returns their number.
template <class T, class F>
double for_each_row(const at::Tensor& weights, const F& f) {
  const std::int64_t rows = weights.size(0), E = weights.size(1);
  const T* row = weights.const_data_ptr<T>();
  double count = 0;
  for (std::int64_t t = 0; t < rows; ++t, row += E) {
    const double sum = sum_of(row, E);
    if (sum == 0) continue;
    f(t, row, sum);
    count += 1;
  }
  return count;
}

template <class T>
double count_rows(const at::Tensor& weights) {
  return for_each_row<T>(weights, [](std::int64_t, const T*, double) {});
}

template <class T>
void add(const Routing& routing, const RouterLossParameters& c, T* parts) {
  const std::int64_t E = routing.alpha.size(1);
  if (c.alpha_entropy != 0) {
    double total = 0;
    const double count =
        for_each_row<T>(routing.alpha, [&](std::int64_t, const T* row, double sum) { total += entropy(row, E, sum); });
    if (count > 0) parts[0] += static_cast<T>(c.alpha_entropy * total / count);
  }
  if (c.load_balance != 0) {
    const std::vector<double> f = load_shares(routing.assignments.offsets);
    double total = 0;
    const double count = for_each_row<T>(
        routing.scores, [&](std::int64_t, const T* row, double sum) { total += weighted(row, E, sum, f); });
    if (count > 0) parts[1] += static_cast<T>(c.load_balance * static_cast<double>(E) * total / count);
  }
  if (c.z_loss != 0) {
    const T* const logits = routing.logits.const_data_ptr<T>();
    const std::int64_t rows = routing.logits.size(0);
    double total = 0;
    for (std::int64_t t = 0; t < rows; ++t) {
      const double z = logsumexp(logits + t * E, E);
      total += z * z;
    }
    parts[2] += static_cast<T>(c.z_loss * total / static_cast<double>(rows));
  }
}

template <class T>
at::Tensor alpha_gradient(const at::Tensor& alpha, double factor) {
  at::Tensor gradient = at::zeros_like(alpha);
  T* const to = gradient.mutable_data_ptr<T>();
  const std::int64_t E = alpha.size(1);
  factor /= count_rows<T>(alpha);
  for_each_row<T>(alpha, [&](std::int64_t t, const T* row, double sum) {
    const double h = entropy(row, E, sum);
    for (std::int64_t e = 0; e < E; ++e) {
      if (row[e] != 0) to[t * E + e] = static_cast<T>(factor / sum * (-std::log(row[e] / sum) - h));
    }
  });
  return gradient;
}

template <class T>
at::Tensor scores_gradient(const Routing& routing, double factor) {
  at::Tensor gradient = at::zeros_like(routing.scores);
  T* const to = gradient.mutable_data_ptr<T>();
  const std::int64_t E = routing.scores.size(1);
  const std::vector<double> f = load_shares(routing.assignments.offsets);
  factor *= static_cast<double>(E) / count_rows<T>(routing.scores);
  for_each_row<T>(routing.scores, [&](std::int64_t t, const T* row, double sum) {
    const double mean = weighted(row, E, sum, f);
    for (std::int64_t e = 0; e < E; ++e) {
      to[t * E + e] = static_cast<T>(factor / sum * (f[static_cast<std::size_t>(e)] - mean));
    }
  });
  return gradient;
}

template <class T>
at::Tensor logits_gradient(const at::Tensor& logits, double factor) {
  at::Tensor gradient = at::empty_like(logits);
  T* to = gradient.mutable_data_ptr<T>();
  const T* row = logits.const_data_ptr<T>();
  const std::int64_t rows = logits.size(0), E = logits.size(1);
  for (std::int64_t t = 0; t < rows; ++t, row += E, to += E) {
    const double z = logsumexp(row, E);
    for (std::int64_t e = 0; e < E; ++e) {
      to[e] = static_cast<T>(factor * 2 * z * std::exp(row[e] - z) / static_cast<double>(rows));
    }
  }
  return gradient;
}

Routing contiguous(const Routing& routing) {
  Routing made = routing;
  for (at::Tensor* tensor : {&made.logits, &made.scores, &made.alpha}) *tensor = tensor->contiguous();
  return made;
}

}  // namespace

void add_router_losses(const Routing& routing, const RouterLossParameters& c, const at::Tensor& parts) {
  if (!parts.is_cpu()) return by_aten::add_router_losses(routing, c, parts);
  AT_DISPATCH_FLOATING_TYPES(parts.scalar_type(), "add_router_losses",
                             [&] { add(contiguous(routing), c, parts.mutable_data_ptr<scalar_t>()); });
}

RouterLossGradients router_loss_gradients(const Routing& routing, const RouterLossParameters& c,
                                          const at::Tensor& scale) {
  if (!scale.is_cpu()) return by_aten::router_loss_gradients(routing, c, scale);
  RouterLossGradients gradients;
  const Routing plain = contiguous(routing);
  AT_DISPATCH_FLOATING_TYPES(plain.alpha.scalar_type(), "router_loss_gradients", [&] {
    const auto factor = [at = scale.contiguous()](int i) { return at.const_data_ptr<scalar_t>()[i]; };
    if (c.alpha_entropy != 0) gradients.alpha = alpha_gradient<scalar_t>(plain.alpha, c.alpha_entropy * factor(0));
    if (c.load_balance != 0) gradients.scores = scores_gradient<scalar_t>(plain, c.load_balance * factor(1));
    if (c.z_loss != 0) gradients.logits = logits_gradient<scalar_t>(plain.logits, c.z_loss * factor(2));
  });
  return gradients;
}

}  // namespace tessera
