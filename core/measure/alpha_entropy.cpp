#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

void add_alpha_entropy(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "alpha_entropy";
  spec.title = "alpha entropy";
  spec.unit = "nats";
  spec.definition =
      "How undecided the router is about a token: the entropy of its weights after the selection, each row divided by "
      "its sum, averaged over the batch. 0: one expert; ln 2 = 0.69: an even tie of two; ln E: all alike. A mean can "
      "be "
      "a mixture of decided and undecided tokens.";
  spec.formula = "mean_t -sum_e p_te ln p_te, p_te = |alpha_te| / sum_e |alpha_te|";
  spec.source = "Shannon 1948; rows without weight left out";
  add_for_layers(metrics, subject, spec, Due::scalars,
                 [](const LayerObservation& layer) { return mean_entropy(layer.alpha); });
}

}  // namespace tessera
