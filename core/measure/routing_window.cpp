#include "core/measure/routing_window.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

namespace tessera {
namespace {

// Labels and what is added up by them: sums[e, label] += |weight|, or 1 for a token that chose e.
struct ByLabel {
  ByLabel(const at::Tensor& labels, const WindowSum& sum)
      : label(sum.now.size(-1) > 0 ? labels.const_data_ptr<std::int64_t>() : nullptr),
        count(sum.now.size(-1)),
        sums(sum.now.mutable_data_ptr<double>()) {}
  const std::int64_t* label;  // null: there are none
  std::int64_t count;
  double* sums;
};

// A few experts of many tokens: cheaper by hand than as matrix products.
template <class Number>
void add_rows(const at::Tensor& alpha, const TokenLabels& labels, RoutingWindow& window) {
  const std::int64_t T = alpha.size(0), E = alpha.size(1);
  const Number* weights = alpha.const_data_ptr<Number>();
  const ByLabel classes(labels.classes, window.routed),
      token_classes(labels.token_classes, window.routed_by_token_class), ids(labels.ids, window.chosen_by_id);
  double* load = window.load.now.mutable_data_ptr<double>();
  double* together = window.together.now.mutable_data_ptr<double>();
  double* occurrences = window.occurrences.now.mutable_data_ptr<double>();
  std::vector<std::int64_t> chosen(static_cast<std::size_t>(E));
  for (std::int64_t t = 0; t < T; ++t, weights += E) {
    std::size_t count = 0;
    for (std::int64_t e = 0; e < E; ++e) {
      if (weights[e] == 0) continue;
      const double weight = std::abs(static_cast<double>(weights[e]));
      load[e] += 1;
      classes.sums[e * classes.count + classes.label[t]] += weight;
      if (token_classes.label) token_classes.sums[e * token_classes.count + token_classes.label[t]] += weight;
      if (ids.label) ids.sums[e * ids.count + ids.label[t]] += 1;
      chosen[count++] = e;
    }
    if (ids.label) occurrences[ids.label[t]] += 1;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) together[chosen[i] * E + chosen[j]] += 1;
    }
  }
}

}  // namespace

RoutingWindow::RoutingWindow(std::int64_t experts, const LabelCounts& counts, at::Device device) {
  const auto options = at::TensorOptions(at::kDouble).device(device);
  load = WindowSum(at::zeros({experts}, options));
  routed = WindowSum(at::zeros({experts, counts.classes}, options));
  together = WindowSum(at::zeros({experts, experts}, options));
  routed_by_token_class = WindowSum(at::zeros({experts, counts.token_classes}, options));
  chosen_by_id = WindowSum(at::zeros({experts, counts.vocabulary}, options));
  occurrences = WindowSum(at::zeros({counts.vocabulary}, options));
}

void RoutingWindow::add(const at::Tensor& alpha, const TokenLabels& labels) {
  const at::NoGradGuard no_grad;
  if (!alpha.is_cpu()) return add_by_aten(alpha, labels);
  const at::Tensor rows = alpha.contiguous();
  const auto plain = [](const at::Tensor& t) { return t.defined() ? t.contiguous() : t; };
  const TokenLabels flat{plain(labels.classes), plain(labels.token_classes), plain(labels.ids)};
  if (alpha.scalar_type() == at::kDouble) {
    add_rows<double>(rows, flat, *this);
  } else {
    TORCH_CHECK(alpha.scalar_type() == at::kFloat, "alpha is float or double");
    add_rows<float>(rows, flat, *this);
  }
}

void RoutingWindow::add_by_aten(const at::Tensor& alpha, const TokenLabels& labels) {
  const at::NoGradGuard no_grad;
  const at::Tensor weights = alpha.to(at::kDouble).abs();
  const at::Tensor chosen = (weights != 0).to(at::kDouble);
  const auto by_label = [](const at::Tensor& label, const WindowSum& sum) {
    return at::one_hot(label, sum.now.size(-1)).to(at::kDouble);
  };
  load.now += chosen.sum(0);
  together.now += at::mm(chosen.t(), chosen);
  routed.now += at::mm(weights.t(), by_label(labels.classes, routed));
  if (routed_by_token_class.now.size(1) > 0) {
    routed_by_token_class.now += at::mm(weights.t(), by_label(labels.token_classes, routed_by_token_class));
  }
  if (chosen_by_id.now.size(1) > 0) {
    const at::Tensor ids = by_label(labels.ids, chosen_by_id);
    chosen_by_id.now += at::mm(chosen.t(), ids);
    occurrences.now += ids.sum(0);
  }
}

std::vector<std::pair<std::string, WindowSum>> RoutingWindow::maps() const {
  return {{"routed", routed},
          {"together", together},
          {"routed_by_token_class", routed_by_token_class},
          {"chosen_by_id", chosen_by_id},
          {"occurrences", occurrences}};
}

}  // namespace tessera
