// The figures of a small run made by hand, for tests of exports.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "app/export/export.h"
#include "core/experiment.h"

namespace tessera::test {

inline MetricSpec scalar_spec(const std::string& family, const std::string& part, int layer, const std::string& unit) {
  MetricSpec spec;
  spec.family = family;
  spec.layer = layer;
  spec.unit = unit;
  spec.name = family + "/" + (layer >= 0 ? "layer" + std::to_string(layer) : part);
  spec.title = family + ", " + (layer >= 0 ? "layer " + std::to_string(layer) : part);
  return spec;
}

// Two layers of alpha entropy each other step, a loss at every step but one; a matrix of 2 x 3 at two steps, with a
// cell that has no value and a label with a comma in it.
inline std::shared_ptr<Figures> small_figures() {
  auto description = std::make_shared<Description>();
  description->layers = 2;
  description->layer_names = {"layer 0", "layer 1"};
  description->experts = {2, 2};
  description->classes = {"cat", "dog, small", "a<b>&c"};
  description->metrics = {scalar_spec("alpha_entropy", "", 0, "nats"), scalar_spec("alpha_entropy", "", 1, "nats"),
                          scalar_spec("loss", "total", -1, "nats")};
  MetricSpec routing;
  routing.name = "routing/layer1";
  routing.family = "routing";
  routing.layer = 1;
  routing.title = "routing, layer 1";
  routing.rank = 2;
  routing.axes[0] = {"expert", {"expert 0", "expert 1"}};
  routing.axes[1] = {"class", description->classes};
  description->metrics.push_back(routing);

  auto figures = std::make_shared<Figures>();
  figures->description = description;
  auto preset = std::make_shared<Preset>(experiment_parameters());
  preset->title = "small";
  figures->preset = preset;
  figures->timeline = {{2, "model.router.temperature", 0.25, 3}};
  figures->step = 5;
  figures->series.resize(4);
  for (std::int64_t step = 0; step < 5; ++step) {
    if (step % 2 == 0) {
      figures->series[0].append({step, 0.5 + 0.1 * static_cast<double>(step)});
      figures->series[1].append({step, 1.0 / 3});
    }
    if (step != 3) figures->series[2].append({step, step == 4 ? std::numeric_limits<double>::quiet_NaN() : 2.5});
  }
  figures->frames.resize(4);
  const float none = std::nanf("");
  figures->frames[3] = {std::make_shared<Matrix>(Matrix{1, 2, 3, {0.125f, 0.5f, 0.375f, none, none, none}}),
                        std::make_shared<Matrix>(Matrix{4, 2, 3, {0, 1, 0.25f, 0.1f, 0.2f, 0.7f}})};
  return figures;
}

// The bytes of a file of an export.
inline std::string written(const std::vector<ExportFile>& files, const std::string& name) {
  for (const ExportFile& file : files) {
    if (file.name != name) continue;
    std::string bytes;
    Output output([&bytes](std::string_view part) { bytes += part; });
    file.write(output);
    output.flush();
    return bytes;
  }
  return "no file " + name;
}

}  // namespace tessera::test
