#include <ATen/ATen.h>

#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

at::Tensor coactivation(const at::Tensor& together) {
  // 0 / 0 = NaN: nobody chose i. For the others, a dead j is no partner either.
  const at::Tensor chosen = together.diagonal();
  return (together / chosen.unsqueeze(1))
      .masked_fill(chosen.unsqueeze(0) == 0, std::numeric_limits<double>::quiet_NaN());
}

void add_coactivation(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "coactivation";
  spec.title = "co-activation";
  spec.rank = 2;
  spec.definition =
      "Of the tokens that chose expert i (row), the share that chose expert j (column) too, since the last heatmaps. "
      "Not symmetric. Dead experts are left out.";
  spec.formula = "N_ij / N_i";
  spec.source = "OLMoE, arXiv 2409.02060";
  for (int layer = 0; layer < static_cast<int>(subject.experts.size()); ++layer) {
    spec.axes[0] = spec.axes[1] = expert_axis(subject, layer);
    const auto index = static_cast<std::size_t>(layer);
    metrics.push_back({for_layer(spec, subject, layer), Due::matrices, nullptr, [index](const Observation& seen) {
                         return to_matrix(coactivation(seen.layers[index].together));
                       }});
  }
}

}  // namespace tessera
