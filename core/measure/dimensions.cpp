// What the most shared dimensions of backbones are worth, beside the least shared ones.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

double evenness(const std::vector<double>& damage, const std::vector<double>& errors) {
  double whole = 0, certainty = 0;
  for (std::size_t t = 0; t < damage.size(); ++t) {
    whole += std::abs(damage[t]);
    if (damage[t] > 0) certainty = std::max(certainty, damage[t] / errors[t]);
  }
  if (!std::isfinite(whole) || certainty < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto [least, most] = std::minmax_element(damage.begin(), damage.end());
  return 1 - (*most - *least) / whole;
}

void add_dimensions(std::vector<Metric>& metrics, const Subject& subject) {
  if (!subject.dimension_probe) return;
  const auto add = [&](const std::string& family, const std::string& name, const std::string& title,
                       const char* definition, const char* formula, const char* unit,
                       const std::function<double(const Observation&)>& value) {
    MetricSpec spec;
    spec.family = family;
    spec.name = family + "/" + name;
    spec.title = title;
    spec.unit = unit;
    spec.high = 0;  // from the data
    spec.definition = definition;
    spec.formula = formula;
    spec.source = "seed 001, 3.2: general features and flat minima where experts overlap";
    metrics.push_back({spec, Due::end, value, nullptr});
  };
  for (const bool shared : {true, false}) {
    const std::string name = shared ? "shared" : "exclusive";
    const std::string of = shared ? ", most shared dimensions" : ", least shared dimensions";
    const auto probe = [shared](const Observation& seen) -> const DimensionObservation& {
      return shared ? seen.shared_dimensions : seen.exclusive_dimensions;
    };
    add("sharpness", name, "sharpness" + of,
        "Curvature of the training loss in the direction where it is largest, among the weights of a quarter of each "
        "layer's dimensions: those that most, or fewest, of the experts picked.",
        "largest eigenvalue of the Hessian, restricted to columns of down and rows of up", "",
        [probe](const Observation& seen) { return probe(seen).sharpness; });
    for (std::size_t t = 0; t < static_cast<std::size_t>(subject.tasks); ++t) {
      add("ablation", name + "_task" + std::to_string(t),
          "damage" + of + (subject.tasks > 1 ? ", " + subject.classes[t] : ""),
          "By how much a task's test loss rises when these dimensions are taken out of each layer, for each hundred "
          "places that experts lose by it: one for every expert that had picked one of them.",
          "100 (loss without them - loss) / places", "nats",
          [probe, t](const Observation& seen) { return 100 * probe(seen).damage[t] / probe(seen).places; });
    }
    if (subject.tasks == 1) continue;
    add("evenness", name, "evenness of damage" + of,
        "How evenly taking them out hurts the tasks: 1 when all alike, 0 when one alone, or one gains what another "
        "loses. What is general hurts all. None where no task is hurt by two standard errors.",
        "1 - (largest - least damage) / sum of |damage|, damage: rise of a task's test loss", "",
        [probe](const Observation& seen) { return evenness(probe(seen).damage, probe(seen).errors); });
  }
}

}  // namespace tessera
