// See series_names.h.
#include "app/panels/series_names.h"

#include <cmath>
#include <set>

#include "app/panels/lookup.h"

namespace tessera {

std::string series_label(const MetricSpec& spec, const Description& description) {
  if (spec.layer >= 0 && spec.layer < static_cast<int>(description.layer_names.size())) {
    const std::string& name = description.layer_names[static_cast<std::size_t>(spec.layer)];
    return name.starts_with("layer ") ? name.substr(6) : name;
  }
  const std::size_t slash = spec.name.find('/');
  return words(slash == std::string::npos ? spec.name : spec.name.substr(slash + 1));
}

std::vector<std::size_t> series_of(const Description& description, const std::string& family) {
  std::vector<std::size_t> metrics;
  for (std::size_t i = 0; i < description.metrics.size(); ++i) {
    if (description.metrics[i].rank == 0 && description.metrics[i].family == family) metrics.push_back(i);
  }
  return metrics;
}

Colour series_colour(const Description& description, std::size_t metric, std::size_t place, bool dark) {
  const MetricSpec& spec = description.metrics[metric];
  if (spec.layer >= 0) return layer_colour(spec.layer, description.layers, dark);
  return expert_colour(static_cast<int>(place), dark);
}

std::vector<Guide> guides(const Description& description, const std::string& family) {
  const auto metrics = series_of(description, family);
  if (metrics.empty() || !family.ends_with("entropy") || description.metrics[metrics.front()].unit != "nats") return {};
  std::set<int> counts{2};
  for (const std::size_t metric : metrics) {
    const int layer = description.metrics[metric].layer;
    if (layer >= 0 && layer < static_cast<int>(description.experts.size())) {
      counts.insert(description.experts[static_cast<std::size_t>(layer)]);
    }
  }
  std::vector<Guide> lines;
  for (const int count : counts) {
    if (count > 1) lines.push_back({std::log(count), "ln " + std::to_string(count)});
  }
  return lines;
}

}  // namespace tessera
