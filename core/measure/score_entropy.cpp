#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

void add_score_entropy(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "score_entropy";
  spec.title = "score entropy";
  spec.unit = "nats";
  spec.definition =
      "Entropy of the scores of all experts before the selection, each row divided by its sum, averaged over the "
      "batch: "
      "what the router thinks of the experts that it doesn't choose, too. With score none: of the logits' softmax.";
  spec.formula = "mean_t -sum_e q_te ln q_te, q_te = s_te / sum_e s_te";
  spec.source = "Shannon 1948";
  add_for_layers(metrics, subject, spec, Due::scalars,
                 [](const LayerObservation& layer) { return mean_entropy(layer.scores); });
}

}  // namespace tessera
