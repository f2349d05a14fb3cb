#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

void add_load_entropy(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "load_entropy";
  spec.title = "load entropy";
  spec.unit = "nats";
  spec.definition =
      "Entropy of the mean weights of the batch: how evenly the experts are used together. ln E: evenly; 0: one has it "
      "all.";
  spec.formula = "-sum_e P_e ln P_e, P_e = mean_t p_te, p_te = |alpha_te| / sum_e |alpha_te|";
  spec.source = "Shannon 1948";
  add_for_layers(metrics, subject, spec, Due::scalars,
                 [](const LayerObservation& layer) { return entropy_of_mean(layer.alpha); });
}

}  // namespace tessera
