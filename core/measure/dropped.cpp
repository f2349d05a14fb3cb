#include <ATen/ATen.h>

#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

double dropped_share(const at::Tensor& dropped, const at::Tensor& alpha) {
  const double lost = dropped.sum().item<double>(), kept = (alpha != 0).sum().item<double>();
  return lost + kept > 0 ? lost / (lost + kept) : std::numeric_limits<double>::quiet_NaN();
}

void add_dropped(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.family = "dropped";
  spec.title = "dropped assignments";
  spec.unit = "share";
  spec.high = 1;
  spec.definition =
      "Share of this batch's assignments that no expert had room for (model.router.capacity), of all that tokens "
      "chose. "
      "Loads count the others only. No capacity, no value.";
  spec.formula = "dropped / (dropped + kept)";
  spec.source = "Fedus, Zoph & Shazeer 2022, section 2.2";
  constexpr bool tiles = false;
  add_for_layers(
      metrics, subject, spec, Due::scalars,
      [](const LayerObservation& layer) {
        return layer.dropped.defined() ? dropped_share(layer.dropped, layer.alpha)
                                       : std::numeric_limits<double>::quiet_NaN();
      },
      tiles);
}

}  // namespace tessera
