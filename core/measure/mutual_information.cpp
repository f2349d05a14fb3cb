#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

void add_mutual_information(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "mutual_information";
  spec.title = "mutual information";
  spec.unit = "nats";
  spec.definition =
      "Of token and expert: load entropy less alpha entropy. Large when each token is decided and the experts are "
      "evenly used all the same; 0 when all tokens are routed alike.";
  spec.formula = "H(mean_t p_t) - mean_t H(p_t)";
  spec.source = "Shannon 1948";
  add_for_layers(metrics, subject, spec, Due::scalars,
                 [](const LayerObservation& layer) { return mutual_information(layer.alpha); });
}

}  // namespace tessera
