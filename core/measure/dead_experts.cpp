#include <ATen/ATen.h>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

double dead_experts(const at::Tensor& load) { return (load == 0).to(at::kDouble).mean().item<double>(); }

void add_dead_experts(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "dead_experts";
  spec.title = "dead experts";
  spec.definition = "Share of the experts that no token chose since the last point.";
  spec.formula = "#{e : N_e = 0} / E";
  spec.source = "OLMoE, arXiv 2409.02060";
  add_for_layers(metrics, subject, spec, Due::scalars,
                 [](const LayerObservation& layer) { return dead_experts(layer.load); });
}

}  // namespace tessera
