#include <ATen/ATen.h>

#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

at::Tensor cosines(const at::Tensor& gram) {
  const at::Tensor norm = gram.diagonal().sqrt();
  // Rounding may put a cosine just outside [-1, 1]; clamp keeps the NaN of 0 / 0.
  return (gram / (norm.unsqueeze(0) * norm.unsqueeze(1))).clamp(-1, 1);
}

double conflict_rate(const at::Tensor& gram) {
  const at::Tensor pairs = at::triu_indices(gram.size(0), gram.size(1), 1);
  const at::Tensor above = cosines(gram).index({pairs[0], pairs[1]});
  const double defined = (above == above).sum().item<double>();
  return defined == 0 ? std::numeric_limits<double>::quiet_NaN() : (above < 0).sum().item<double>() / defined;
}

namespace {

using Gram = std::function<at::Tensor(const Observation&)>;

void add_pair(std::vector<Metric>& metrics, MetricSpec matrix, MetricSpec rate, const Gram& gram) {
  metrics.push_back({std::move(matrix), Due::conflict, nullptr,
                     [gram](const Observation& seen) { return to_matrix(cosines(gram(seen))); }});
  metrics.push_back(
      {std::move(rate), Due::conflict, [gram](const Observation& seen) { return conflict_rate(gram(seen)); }, nullptr});
}

}  // namespace

void add_conflict(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec matrix;
  matrix.family = "conflict";
  matrix.title = "conflict";
  matrix.rank = 2;
  matrix.axes[0] = matrix.axes[1] = group_axis(subject);
  matrix.colours = Colours::diverging;
  matrix.low = -1;
  matrix.definition =
      "Cosine between the gradients of two groups' task losses on these parameters. Below 0: what helps one group "
      "hurts "
      "the other. Each gradient is the mean over the same training samples throughout the run.";
  matrix.formula = "cos(g_a, g_b) = g_a . g_b / (|g_a| |g_b|)";
  matrix.source = "Yu et al. 2020, Gradient surgery, definition 1";
  MetricSpec rate = matrix;
  rate.family = "conflict_rate";
  rate.title = "conflict rate";
  rate.rank = 0;
  rate.axes[0] = rate.axes[1] = {};
  rate.colours = Colours::sequential;
  rate.low = 0;
  rate.definition =
      "Share of the pairs of groups, of those that have a cosine (no gradient is zero), whose cosine is negative.";
  rate.formula = "#{a < b : cos(g_a, g_b) < 0} / #{a < b : cos(g_a, g_b) is defined}";

  const auto variant = [](MetricSpec spec, const char* suffix, const char* words) {
    spec.family += suffix;
    spec.title += words;
    return spec;
  };
  for (int layer = 0; layer < static_cast<int>(subject.experts.size()); ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    const auto add = [&](const char* suffix, const char* words, const Gram& gram) {
      add_pair(metrics, for_layer(variant(matrix, suffix, words), subject, layer),
               for_layer(variant(rate, suffix, words), subject, layer), gram);
    };
    if (layer >= subject.moe_layers) {
      add("", "", [index](const Observation& seen) { return seen.layers[index].experts_gram; });
      continue;
    }
    add("", "",
        [index](const Observation& seen) { return seen.layers[index].router_gram + seen.layers[index].experts_gram; });
    add("_router", ", router", [index](const Observation& seen) { return seen.layers[index].router_gram; });
    add("_experts", ", experts", [index](const Observation& seen) { return seen.layers[index].experts_gram; });
  }

  const auto of_encoder = [](MetricSpec spec) {
    spec.name = spec.family + "/encoder";
    spec.title += ", encoder";
    return spec;
  };
  add_pair(metrics, of_encoder(matrix), of_encoder(rate), [](const Observation& seen) { return seen.encoder_gram; });
}

}  // namespace tessera
