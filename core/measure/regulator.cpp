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
  add("quota", "rank quota by the regulator",
      "What the regulator makes of the rank quota, in doublings: above 0 more sharing, below 0 less.",
      "log2(rank / rank of the preset), in the first layer with subspaces", &RegulatorObservation::quota);
  add("temperature", "alpha's temperature by the regulator",
      "What the regulator makes of alpha's temperature, in doublings: above 0 softer masks, below 0 harder ones.",
      "log2(temperature / temperature of the preset), likewise", &RegulatorObservation::temperature);
  add("penalty", "metabolic penalty by the regulator",
      "What the regulator makes of the metabolic penalty, in doublings.",
      "log2(metabolic / metabolic of the preset), likewise", &RegulatorObservation::penalty);
  add("reward", "reward of the regulator", "The newest reward: see learn.regulator.reward.",
      "improvement: (loss before - loss now) / loss before; stability: -deviation / mean of four losses",
      &RegulatorObservation::reward);
}

}  // namespace tessera
