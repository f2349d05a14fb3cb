#include "core/measure/routing_window.h"

#include <torch/torch.h>

namespace tessera {
namespace {

// A few experts of many tokens: cheaper by hand than as matrix products.
template <class Number>
void add_rows(const at::Tensor& alpha, const at::Tensor& labels, RoutingWindow& window) {
  const std::int64_t T = alpha.size(0), E = alpha.size(1), C = window.routed.now.size(1);
  const Number* weights = alpha.const_data_ptr<Number>();
  const std::int64_t* classes = labels.const_data_ptr<std::int64_t>();
  double* load = window.load.now.mutable_data_ptr<double>();
  double* routed = window.routed.now.mutable_data_ptr<double>();
  double* together = window.together.now.mutable_data_ptr<double>();
  std::vector<std::int64_t> chosen(static_cast<std::size_t>(E));
  for (std::int64_t t = 0; t < T; ++t, weights += E) {
    std::size_t count = 0;
    for (std::int64_t e = 0; e < E; ++e) {
      if (weights[e] == 0) continue;
      load[e] += 1;
      routed[e * C + classes[t]] += static_cast<double>(weights[e]);
      chosen[count++] = e;
    }
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) together[chosen[i] * E + chosen[j]] += 1;
    }
  }
}

}  // namespace

RoutingWindow::RoutingWindow(std::int64_t experts, std::int64_t classes, at::Device device) {
  const auto options = at::TensorOptions(at::kDouble).device(device);
  load = WindowSum(at::zeros({experts}, options));
  routed = WindowSum(at::zeros({experts, classes}, options));
  together = WindowSum(at::zeros({experts, experts}, options));
}

void RoutingWindow::add(const at::Tensor& alpha, const at::Tensor& labels) {
  const at::NoGradGuard no_grad;
  if (!alpha.is_cpu()) return add_by_aten(alpha, labels);
  const at::Tensor rows = alpha.contiguous(), classes = labels.contiguous();
  if (alpha.scalar_type() == at::kDouble) {
    add_rows<double>(rows, classes, *this);
  } else {
    TORCH_CHECK(alpha.scalar_type() == at::kFloat, "alpha is float or double");
    add_rows<float>(rows, classes, *this);
  }
}

void RoutingWindow::add_by_aten(const at::Tensor& alpha, const at::Tensor& labels) {
  const at::NoGradGuard no_grad;
  const at::Tensor weights = alpha.to(at::kDouble);
  const at::Tensor chosen = (weights != 0).to(at::kDouble);
  const at::Tensor classes = at::one_hot(labels, routed.now.size(1)).to(at::kDouble);
  load.now += chosen.sum(0);
  routed.now += at::mm(weights.t(), classes);
  together.now += at::mm(chosen.t(), chosen);
}

}  // namespace tessera
