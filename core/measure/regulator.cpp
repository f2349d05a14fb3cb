// What the regulator of alpha did.
#include <limits>

#include "core/measure/declare.h"

namespace tessera {

void add_regulator(std::vector<Metric>& metrics, const Subject& subject) {
  if (!subject.regulated) return;
  MetricSpec spec;
  spec.family = "regulator";
  spec.high = 0;  // from the data
  spec.source = "seed 001, reinforcement learning on alpha";
  const auto add = [&](const char* name, const char* title, const char* definition, const char* formula,
                       double RegulatorObservation::*value) {
    spec.name = std::string("regulator/") + name;
    spec.title = title;
    spec.definition = definition;
    spec.formula = formula;
    metrics.push_back(
        {spec, Due::scalars, [value](const Observation& seen) { return seen.regulator.*value; }, nullptr});
  };
  add("quota", "rank quota by the regulator", "What the regulator multiplies the rank quota by. Above 1: more sharing.",
      "rank = quota x multiplier", &RegulatorObservation::quota);
  add("temperature", "alpha's temperature by the regulator",
      "What the regulator multiplies alpha's temperature by. Above 1: softer masks.", "temperature x multiplier",
      &RegulatorObservation::temperature);
  add("penalty", "metabolic penalty by the regulator", "What the regulator multiplies the metabolic penalty by.",
      "metabolic x multiplier", &RegulatorObservation::penalty);
  add("reward", "reward of the regulator", "The newest reward: see learn.regulator.reward.",
      "improvement: (loss before - loss now) / loss before; stability: -deviation / mean of four losses",
      &RegulatorObservation::reward);
}

}  // namespace tessera
