#include <ATen/ATen.h>

#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

at::Tensor routing_shares(const at::Tensor& routed) {
  const at::Tensor dead = routed.sum(1, true) == 0;
  return (routed / routed.sum()).masked_fill(dead, std::numeric_limits<double>::quiet_NaN());
}

void add_routing(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "routing";
  spec.title = "routing";
  spec.rank = 2;
  spec.low = spec.high = 0;
  spec.definition =
      "Share of all weight since the last heatmaps that went to an expert from tokens of a class (of text: a "
      "language). A column is how a class is divided among the experts, a row's sum is an expert's part of the work. "
      "Experts without weight are dead.";
  spec.formula = "W_ec / sum W, W_ec = sum over tokens t of class c of alpha_te";
  spec.source = "OLMoE, arXiv 2409.02060 (domain specialization), by class and weight";
  for (int layer = 0; layer < static_cast<int>(subject.experts.size()); ++layer) {
    spec.axes[0] = expert_axis(subject, layer);
    spec.axes[1] = class_axis(subject);
    const auto index = static_cast<std::size_t>(layer);
    metrics.push_back({for_layer(spec, subject, layer), Due::matrices, nullptr, [index](const Observation& seen) {
                         return to_matrix(routing_shares(seen.layers[index].routed));
                       }});
  }
  if (subject.token_classes.empty()) return;

  spec.family = "routing_by_character";
  spec.title = "routing by character class";
  spec.definition =
      "Share of all weight since the last heatmaps that went to an expert from tokens that are themselves of a class: "
      "lower case, digits, spaces and so on; of a character beyond ASCII, its first byte and the later ones. Otherwise "
      "as routing.";
  for (int layer = 0; layer < subject.moe_layers; ++layer) {
    spec.axes[0] = expert_axis(subject, layer);
    spec.axes[1] = {subject.token_class_noun, subject.token_classes};
    const auto index = static_cast<std::size_t>(layer);
    metrics.push_back({for_layer(spec, subject, layer), Due::matrices, nullptr, [index](const Observation& seen) {
                         return to_matrix(routing_shares(seen.layers[index].routed_by_token_class));
                       }});
  }
}

}  // namespace tessera
