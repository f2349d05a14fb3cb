#include <ATen/ATen.h>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

double load_cv(const at::Tensor& load) { return (load.std(0, false) / load.mean()).item<double>(); }

void add_load_cv(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "load_cv";
  spec.title = "load CV";
  spec.definition =
      "Coefficient of variation of the experts' loads (assignments since the last point): 0 when all are equal, "
      "sqrt(E - 1) when one has them all.";
  spec.formula = "std_e N_e / mean_e N_e (population)";
  spec.source = "Shazeer et al. 2017, section 4";
  add_for_layers(metrics, subject, spec, Due::scalars,
                 [](const LayerObservation& layer) { return load_cv(layer.load); });
}

}  // namespace tessera
