#include <ATen/ATen.h>

#include "core/measure/choice_history.h"
#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

double saturation(const at::Tensor& then, const at::Tensor& now) {
  const at::Tensor chosen = (now != 0).to(at::kDouble);
  const at::Tensor count = chosen.sum(1);
  const at::Tensor common = (chosen * (then != 0).to(at::kDouble)).sum(1);
  return (common / count).index_select(0, count.nonzero().squeeze(1)).mean().item<double>();
}

void add_saturation(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "saturation";
  spec.title = "router saturation";
  spec.definition =
      "Of the experts chosen for a test token, the share that had been chosen for it at the test before, too; the mean "
      "over up to 256 of the test tokens. Near 1 the router has settled. (OLMoE compares with the end of the run, "
      "which is not known while it goes on: that is in saturation_pairs.) Always 1 while all experts are chosen.";
  spec.formula = "mean_t |E_t(before) & E_t(now)| / |E_t(now)|";
  spec.source = "OLMoE, arXiv 2409.02060, section 5.1, with the test before in place of an earlier checkpoint";
  constexpr bool tiles = false;
  add_for_layers(
      metrics, subject, spec, Due::test, [](const LayerObservation& layer) { return layer.kept_choices; }, tiles);

  spec.name = "saturation_pairs";
  spec.title = "saturation of pairs of moments";
  spec.rank = 2;
  spec.definition =
      "Of the experts chosen for a test token at one moment of the run (column), the share that had been chosen for it "
      "at another (row); the mean over up to 256 of the test tokens. Moments are the tests nearest to a share of the "
      "run's steps. The last column is OLMoE's router saturation. At the end of a run.";
  spec.formula = "mean_t |E_t(i) & E_t(j)| / |E_t(j)|";
  spec.source = "OLMoE, arXiv 2409.02060, section 5.1";
  spec.axes[0].title = spec.axes[1].title = "share of the run";
  for (int share = 0; share < ChoiceHistory::shares; ++share) {
    const std::string label = std::to_string(100 * share / (ChoiceHistory::shares - 1)) + " %";
    spec.axes[0].labels.push_back(label);
    spec.axes[1].labels.push_back(label);
  }
  for (int layer = 0; layer < subject.moe_layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    metrics.push_back({for_layer(spec, subject, layer), Due::end, nullptr,
                       [index](const Observation& seen) { return to_matrix(seen.layers[index].choices); }});
  }
}

}  // namespace tessera
