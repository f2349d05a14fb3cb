#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

void add_load(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "load";
  spec.title = "load";
  spec.rank = 2;
  spec.definition =
      "Each expert's share of the assignments since the last heatmaps, whatever their weight. Even: 1/E. With a dense "
      "softmax all are equal.";
  spec.formula = "N_e / sum_e N_e";
  spec.source = "Fedus, Zoph & Shazeer 2022, eq. 5 (f)";
  for (int layer = 0; layer < static_cast<int>(subject.experts.size()); ++layer) {
    spec.axes[0] = expert_axis(subject, layer);
    spec.axes[1] = {"", {"share"}};
    const auto index = static_cast<std::size_t>(layer);
    metrics.push_back({for_layer(spec, subject, layer), Due::matrices, nullptr, [index](const Observation& seen) {
                         const at::Tensor counts = seen.layers[index].together.diagonal();
                         return to_matrix((counts / counts.sum()).unsqueeze(1));
                       }});
  }
}

}  // namespace tessera
