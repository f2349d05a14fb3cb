#include <ATen/ATen.h>

#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

at::Tensor overlap_pairs(const at::Tensor& routed) {
  const at::Tensor p = routed / routed.sum(1, true);  // 0 / 0 = NaN: dead
  return at::minimum(p.unsqueeze(0), p.unsqueeze(1)).sum(2);
}

double mean_of_pairs(const at::Tensor& pairs) {
  at::Tensor others = pairs.clone();
  others.fill_diagonal_(std::numeric_limits<double>::quiet_NaN());
  return at::nanmean(others).item<double>();
}

void add_overlap(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "overlap";
  spec.title = "overlap";
  spec.definition =
      "How much of an expert's work others do too: 1 when two experts serve the classes in the same proportions, 0 "
      "when "
      "they share none. Dead experts are left out.";
  spec.formula = "sum_c min(p(c|i), p(c|j)), p(c|e) = W_ec / sum_c W_ec; its mean over the pairs i != j";
  spec.source = "overlapping coefficient (Inman & Bradley 1989) of the routed weights by class since the last heatmaps";
  add_for_layers(metrics, subject, spec, Due::matrices,
                 [](const LayerObservation& layer) { return mean_of_pairs(overlap_pairs(layer.routed)); });

  spec.name = "overlap_pairs";
  spec.title = "overlap of pairs";
  spec.rank = 2;
  for (int layer = 0; layer < static_cast<int>(subject.experts.size()); ++layer) {
    spec.axes[0] = spec.axes[1] = expert_axis(subject, layer);
    const auto index = static_cast<std::size_t>(layer);
    metrics.push_back({for_layer(spec, subject, layer), Due::matrices, nullptr, [index](const Observation& seen) {
                         return to_matrix(overlap_pairs(seen.layers[index].routed));
                       }});
  }
}

}  // namespace tessera
