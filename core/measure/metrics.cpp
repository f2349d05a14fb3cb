#include "core/measure/metrics.h"

#include "core/measure/declare.h"

namespace tessera {

std::vector<Metric> all_metrics(const Subject& subject) {
  std::vector<Metric> metrics;
  for (const auto add : {
           add_losses,        add_accuracies,   add_alpha_entropy,
           add_score_entropy, add_load_entropy, add_mutual_information,
           add_coupling,      add_load,         add_load_cv,
           add_max_vio,       add_dead_experts, add_dropped,
           add_routing,       add_overlap,      add_coactivation,
           add_saturation,    add_vocabulary,   add_conflict,
           add_subspaces,     add_dimensions,   add_regulator,
           add_sequence,      add_mosaic,       add_attractor,
           add_settings,
       }) {
    add(metrics, subject);
  }
  return metrics;
}

}  // namespace tessera
