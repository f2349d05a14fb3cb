// Entropies that several metrics are made of.
#include <ATen/ATen.h>

#include "core/measure/formulas.h"

namespace tessera {
namespace {

at::Tensor entropy(const at::Tensor& p) { return -at::xlogy(p, p).sum(-1); }

}  // namespace

at::Tensor normalised_rows(const at::Tensor& weights) {
  const at::Tensor magnitude = weights.abs(), sum = magnitude.sum(1, true);
  const at::Tensor kept = (sum.squeeze(1) != 0).nonzero().squeeze(1);
  return (magnitude / sum).index_select(0, kept);
}

double mean_entropy(const at::Tensor& weights) { return entropy(normalised_rows(weights)).mean().item<double>(); }

double entropy_of_mean(const at::Tensor& weights) { return entropy(normalised_rows(weights).mean(0)).item<double>(); }

double mutual_information(const at::Tensor& weights) { return entropy_of_mean(weights) - mean_entropy(weights); }

}  // namespace tessera
