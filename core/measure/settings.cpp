// What was in force when a point was recorded.
#include <limits>

#include "core/measure/declare.h"

namespace tessera {

void add_settings(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec temperature;
  temperature.family = "temperature";
  temperature.title = "temperature";
  temperature.high = 0;  // colours from the data
  temperature.definition = "Divides the router's logits; as in force at this step.";
  temperature.formula = "score(logits / temperature)";
  constexpr bool tiles = false;
  add_for_layers(
      metrics, subject, temperature, Due::scalars,
      [](const LayerObservation& layer) {
        return layer.temperature.value_or(std::numeric_limits<double>::quiet_NaN());
      },
      tiles);

  MetricSpec rate;
  rate.name = rate.family = "rate";
  rate.title = "learning rate";
  rate.definition = "Learning rate of AdamW, as in force at this step.";
  rate.formula = "w <- w - rate (m / (sqrt(v) + eps) + decay w)";
  rate.source = "Loshchilov & Hutter 2019, algorithm 2";
  metrics.push_back({rate, Due::scalars, [](const Observation& seen) { return seen.rate; }, nullptr});
}

}  // namespace tessera
