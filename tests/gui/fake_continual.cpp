// See fake_continual.h.
#include "tests/gui/fake_continual.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera::test {
namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

Axis axis(const char* title, const std::string& before, int count) {
  Axis made{title, {}};
  for (int i = 0; i < count; ++i) made.labels.push_back(before + std::to_string(i));
  return made;
}

Axis tasks_axis(const char* title) {
  Axis made{title, {}};
  for (int t = 0; t < FakeContinual::tasks; ++t) {
    made.labels.push_back("task " + std::to_string(t) + ": " + std::to_string(2 * t) + "-" + std::to_string(2 * t + 1));
  }
  return made;
}

MetricSpec spec_of(const char* family, const std::string& of) {
  MetricSpec spec;
  spec.family = family;
  spec.name = of.empty() ? spec.family : spec.family + "/" + of;
  spec.title = spec.family;
  spec.definition = "What a study of tasks one after another measures.";
  spec.formula = "R_ti";
  spec.source = "a made-up study for tests";
  return spec;
}

}  // namespace

double noise(std::int64_t a, std::int64_t b, std::int64_t c) {
  std::uint64_t x = static_cast<std::uint64_t>(a) * 0x9E3779B97F4A7C15u +
                    static_cast<std::uint64_t>(b) * 0xBF58476D1CE4E5B9u +
                    static_cast<std::uint64_t>(c) * 0x94D049BB133111EBu + 12345;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

void FakeContinual::declare(Description& d) const {
  if (sequence) {
    std::vector<std::string> scenarios = {"task_il", "class_il"};
    if (inferred) scenarios.insert(scenarios.end(), {"class_mean", "entropy", "classifier"});
    for (const std::string& scenario : scenarios) {
      for (const char* family : {"accuracy_matrix", "accuracy", "forgetting", "bwt"}) {
        MetricSpec spec = spec_of(family, scenario);
        if (spec.family == "accuracy_matrix") {
          spec.rank = 2;
          spec.axes[0] = axis("after task", "after task ", tasks);
          spec.axes[1] = tasks_axis("task");
        }
        d.metrics.push_back(spec);
      }
    }
    d.metrics.push_back(spec_of("task", ""));
    for (int layer = 0; layer < d.layers; ++layer) {
      const bool of_head = !head.empty() && layer == head_layer;
      MetricSpec spec = spec_of("routing_by_task", of_head ? head : "layer" + std::to_string(layer));
      spec.layer = layer;
      spec.rank = 2;
      const bool tiled = of_head && head == "tiles";
      spec.axes[0] =
          axis(tiled ? "tile" : "expert", tiled ? "tile " : "expert ", d.experts[static_cast<std::size_t>(layer)]);
      spec.axes[1] = tasks_axis("task");
      d.metrics.push_back(spec);
    }
  }
  if (head.empty()) return;
  if (head == "tiles") {
    for (const char* family : {"tile_layout", "tile_learned", "tile_forgotten"}) {
      MetricSpec spec = spec_of(family, "");
      spec.rank = 2;
      spec.axes[0] = {"class", d.classes};
      spec.axes[1] = axis("tile", "tile ", static_cast<int>(tiles.size()));
      d.metrics.push_back(spec);
    }
  }
  if (!attractor) return;
  const int count = d.experts[static_cast<std::size_t>(head_layer)];
  const Axis experts = head == "tiles" ? axis("tile", "tile ", count) : axis("expert", "expert ", count);
  const auto matrix = [&](const char* family, const Axis& columns, Colours colours, double low, double high) {
    MetricSpec spec = spec_of(family, head);
    spec.layer = head_layer;
    spec.rank = 2;
    spec.axes[0] = experts;
    spec.axes[1] = columns;
    spec.colours = colours;
    spec.low = low;
    spec.high = high;
    d.metrics.push_back(spec);
  };
  matrix("similarity_outputs", experts, Colours::diverging, -1, 1);
  matrix("similarity_weights", experts, Colours::diverging, -1, 1);
  matrix("similarity_cka", experts, Colours::sequential, 0, 1);
  Axis sources = head == "tiles" ? experts : tasks_axis("");
  sources.title = head == "tiles" ? "samples of tile" : "samples of task";
  matrix("gradient_flow", sources, Colours::sequential, 0, 0);
  for (const char* family :
       {"output_cosine", "weight_cosine", "output_cka", "effective_rank_outputs", "effective_rank_weights",
        "excess_kurtosis", "non_gaussian", "similarity_slope", "phase_transitions", "alignment_slope"}) {
    MetricSpec spec = spec_of(family, head);
    spec.layer = head_layer;
    d.metrics.push_back(spec);
  }
  for (const char* name : {"isolation", "freezing", "perturbation"}) d.metrics.push_back(spec_of("operator", name));
}

bool FakeContinual::of_test(const MetricSpec& metric) {
  return metric.family == "tile_learned" || metric.family == "tile_forgotten";
}

std::optional<double> FakeContinual::scalar(const MetricSpec& metric, std::int64_t step) const {
  const auto now = static_cast<double>(step);
  if (metric.family == "task") return static_cast<double>(std::min<std::int64_t>(step / steps_of_task, tasks - 1));
  if (metric.family == "operator") {
    const double strength = metric.name.ends_with("isolation") ? 0.82 : metric.name.ends_with("freezing") ? 0.45 : 0.07;
    return strength + 0.02 * std::sin(now / 9);
  }
  // Behind a router experts become alike, and less so now and then; tiles stay apart.
  const double alike = head == "tiles" ? 0.08 + 0.03 * std::sin(now / 8) : 0.85 - 0.8 * std::exp(-now / 40);
  if (metric.family == "output_cosine") return alike + 0.05 * std::sin(now / 8);
  if (metric.family == "weight_cosine") return 0.7 * alike;
  if (metric.family == "output_cka") return std::min(1.0, 0.2 + 0.8 * alike);
  if (metric.family == "effective_rank_outputs") return 4.6 - 3 * alike;
  if (metric.family == "effective_rank_weights") return 4.8 - 2 * alike;
  if (metric.family == "excess_kurtosis") return 0.6 - 0.5 * alike;
  if (metric.family == "non_gaussian") return 1 - alike;
  if (metric.family == "similarity_slope") return 0.02 * std::cos(now / 8);
  if (metric.family == "alignment_slope") return 0.01;
  if (metric.family == "phase_transitions") return step % 30 == 15 ? 1 : 0;
  return {};
}

std::optional<float> FakeContinual::cell(const MetricSpec& metric, std::int64_t steps_done, int i, int j) const {
  const std::string& family = metric.family;
  const auto scatter = static_cast<float>(noise(std::min(i, j), std::max(i, j), 11));
  if (family == "accuracy_matrix") {
    if ((i + 1) * steps_of_task > steps_done) return none;
    const bool told = metric.name.ends_with("/task_il");
    if (j > i) return told ? static_cast<float>(0.2 + 0.4 * noise(i, j)) : none;
    return static_cast<float>(std::max(0.05, 0.97 - (told ? 0.08 : 0.3) * (i - j) - 0.05 * noise(i, j)));
  }
  if (family == "similarity_outputs" || family == "similarity_weights" || family == "similarity_cka") {
    if (i == j) return 1.0f;
    if (family == "similarity_weights" && head == "tiles" && (i == 0) != (j == 0)) return none;  // of another size
    const float alike = head == "tiles" ? 0.1f : 0.75f;
    if (family == "similarity_cka") return 0.2f + 0.7f * alike * scatter;
    return (family == "similarity_weights" ? 0.6f : 1.0f) * (alike + 0.45f * (scatter - 0.5f));
  }
  if (family == "gradient_flow") return head == "tiles" && i != j ? 0.0f : 0.4f + 2 * scatter;
  if (family == "routing_by_task") return i == (j + metric.layer) % 4 ? 0.7f : 0.3f * scatter;
  if (family.starts_with("tile_")) {
    const std::vector<int>& own = tiles[static_cast<std::size_t>(j)];
    const bool in = std::find(own.begin(), own.end(), i) != own.end();
    if (family == "tile_layout") return in ? 1.0f : 0.0f;
    if (!in || (family == "tile_forgotten" && sequence && steps_done < steps_of_task)) return none;
    return family == "tile_learned" ? 0.55f + 0.45f * static_cast<float>(noise(i, j))
                                    : 0.4f * static_cast<float>(noise(j, i));
  }
  return {};
}

}  // namespace tessera::test
