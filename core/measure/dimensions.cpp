// What the most shared dimensions of backbones are worth, beside the least shared ones.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

double evenness(const std::vector<double>& damage) {
  const auto [least, most] = std::minmax_element(damage.begin(), damage.end());
  double whole = 0;
  for (const double of_task : damage) whole += std::abs(of_task);
  return whole > 0 ? 1 - (*most - *least) / whole : std::numeric_limits<double>::quiet_NaN();
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
        "Curvature of the training loss in the direction where it is largest, among the weights of an eighth of each "
        "layer's dimensions: those that most, or fewest, of the experts picked.",
        "largest eigenvalue of the Hessian, restricted to columns of down and rows of up", "",
        [probe](const Observation& seen) { return probe(seen).sharpness; });
    for (std::size_t t = 0; t < static_cast<std::size_t>(subject.tasks); ++t) {
      add("ablation", name + "_task" + std::to_string(t),
          "damage" + of + (subject.tasks > 1 ? ", " + subject.classes[t] : ""),
          "By how much a task's test loss rises when these dimensions are taken out of each layer.",
          "loss without them - loss", "nats", [probe, t](const Observation& seen) { return probe(seen).damage[t]; });
    }
    if (subject.tasks == 1) continue;
    add("evenness", name, "evenness of damage" + of,
        "How evenly taking them out hurts the tasks: 1 when all alike, 0 when one alone, or one gains what another "
        "loses. "
        "What is general hurts all.",
        "1 - (largest - least damage) / sum of |damage|", "",
        [probe](const Observation& seen) { return evenness(probe(seen).damage); });
  }
}

}  // namespace tessera
