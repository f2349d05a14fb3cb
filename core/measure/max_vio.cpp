#include <ATen/ATen.h>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

double max_vio(const at::Tensor& load) {
  const at::Tensor mean = load.mean();
  return ((load.max() - mean) / mean).item<double>();
}

void add_max_vio(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "max_vio";
  spec.title = "MaxVio";
  spec.definition =
      "How far the busiest expert is above the mean load (assignments since the last point). It depends on the scope: "
      "even random routing is above 0 for few tokens.";
  spec.formula = "(max_e N_e - mean_e N_e) / mean_e N_e";
  spec.source = "Wang et al. 2024, arXiv 2408.15664";
  add_for_layers(metrics, subject, spec, Due::scalars,
                 [](const LayerObservation& layer) { return max_vio(layer.load); });

  spec.family = "max_vio_validation";
  spec.title = "MaxVio on test samples";
  spec.definition =
      "How far the busiest expert is above the mean load of the test (of text: validation) samples: the first "
      "measure.test_samples, at the end of the run all. Over so many tokens, chance is no part of it.";
  spec.source = "Wang et al. 2024, arXiv 2408.15664 (MaxVio_global)";
  constexpr bool tiles = false;
  add_for_layers(
      metrics, subject, spec, Due::test, [](const LayerObservation& layer) { return max_vio(layer.test_load); }, tiles);
}

}  // namespace tessera
