// The cost of a frame after a thousand steps and after a million: the whole window, off screen, fed by an engine that
// computes nothing. Prints JSON, in milliseconds: {"thousand": ..., "million": ...}.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <vector>

#include "app/window/application.h"
#include "app/window/graphics.h"
#include "core/experiment.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
constexpr int layers = 4;
constexpr int frames = 60;

// The curves and one matrix of a run of four layers, recorded every ten steps as the default preset does.
class ScriptedEngine : public Engine {
 public:
  Description build(const Preset& preset) override {
    every_ = preset.parameters.integer("measure.scalars_every");
    Description description;
    description.layers = layers;
    description.device = "scripted";
    const auto add = [&](std::string name, std::string family, int layer, const char* unit) {
      MetricSpec spec;
      spec.name = spec.title = std::move(name);
      spec.family = std::move(family);
      spec.layer = layer;
      spec.unit = unit;
      description.metrics.push_back(std::move(spec));
    };
    for (const char* name : {"loss/total", "loss/task"}) add(name, "loss", -1, "nats");
    for (const char* name : {"accuracy/train", "accuracy/test"}) add(name, "accuracy", -1, "");
    for (const char* family : {"alpha_entropy", "load_cv", "temperature", "conflict_rate"}) {
      for (int layer = 0; layer < layers; ++layer) {
        add(std::string(family) + "/layer" + std::to_string(layer), family, layer, "nats");
      }
    }
    for (int layer = 0; layer < layers; ++layer) {
      description.layer_names.push_back("layer " + std::to_string(layer));
      description.experts.push_back(8);
    }
    for (int c = 0; c < 10; ++c) description.classes.push_back("class " + std::to_string(c));
    description.groups = description.classes;
    metrics_ = description.metrics.size();
    return description;
  }

  void step(std::int64_t step, bool last, Telemetry& telemetry) override {
    if (step % every_ != 0 && !last) return;
    const double x = static_cast<double>(step);
    for (std::size_t metric = 0; metric < metrics_; ++metric) {
      const double noise = std::sin(x * 12.9898 + static_cast<double>(metric) * 78.233);
      telemetry.scalar(metric, 1 + std::exp(-x / 20000) + 0.1 * noise);
    }
  }

  void apply(const Parameters&) override {}
  void save(Writer&) const override {}
  void restore(Reader&) override {}
  std::uint64_t memory_bytes() const override { return 0; }

 private:
  std::int64_t every_ = 10;
  std::size_t metrics_ = 0;
};

void advance(Application& app, std::int64_t to) {
  Session& session = app.session();
  session.wait([](const Snapshot& s) { return s.state != State::empty && s.state != State::building; },
               std::chrono::minutes(1));
  session.submit(command::Step{static_cast<int>(to - session.snapshot()->step)});
  const bool arrived = session.wait([&](const Snapshot& s) { return s.step >= to; }, std::chrono::minutes(10));
  if (!arrived) throw std::runtime_error("the scripted run did not get to step " + std::to_string(to));
}

// Milliseconds of the median frame, each one showing ten steps more than the one before.
double frame_cost(Application& app, Graphics& graphics, std::int64_t step) {
  std::vector<double> cost;
  for (int frame = 0; frame < frames + 10; ++frame) {
    advance(app, step + 10 * (frame + 1));
    const auto start = std::chrono::steady_clock::now();
    app.news();
    app.prepare(1);
    graphics.begin_frame();
    app.draw();
    graphics.render();
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    if (frame >= 10) cost.push_back(taken.count());  // the first ones build what later ones keep
  }
  std::nth_element(cost.begin(), cost.begin() + frames / 2, cost.end());
  return cost[frames / 2];
}

int measure(const fs::path& presets) {
  WindowOptions options;
  options.make_engine = [] { return std::make_unique<ScriptedEngine>(); };
  options.presets_folder = presets;
  options.read_preset = [](const fs::path& file) {
    auto preset = load_preset(file, experiment_parameters(), check_combinations);
    if (preset) preset.value->parameters.set("run.steps", std::int64_t{2'000'000});
    if (preset) preset.value->parameters.set("run.pace", 0.0);
    return preset;
  };
  Graphics graphics({.width = 1600, .height = 1000, .visible = false});
  Application app(options, SettingsFile(""), graphics.fonts(), [] {});
  const double thousand = (advance(app, 1000), frame_cost(app, graphics, 1000));
  const double million = (advance(app, 1'000'000), frame_cost(app, graphics, 1'000'000));
  std::printf("{\"thousand\": %.3f, \"million\": %.3f}\n", thousand, million);
  return 0;
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: frame_bench PRESETS_FOLDER\n";
    return 2;
  }
  try {
    return tessera::measure(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "frame_bench: " << error.what() << "\n";
    return 1;
  }
}
