// See fake_engine.h.
#include "tests/gui/fake_engine.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "core/data/groups.h"
#include "core/moe/head_parameters.h"
#include "core/tasks/sequence_parameters.h"
#include "tests/gui/fake_continual.h"

namespace tessera::test {
namespace {

const std::vector<std::string> classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                          "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
constexpr float none = std::numeric_limits<float>::quiet_NaN();

}  // namespace

std::string Script::score() const {
  const std::lock_guard lock(mutex_);
  return score_;
}

std::string Script::layout() const {
  const std::lock_guard lock(mutex_);
  return layout_;
}

std::vector<std::vector<int>> Script::tiles() const {
  const std::lock_guard lock(mutex_);
  return tiles_;
}

class FakeEngine final : public Engine {
 public:
  explicit FakeEngine(std::shared_ptr<Script> script) : script_(std::move(script)) { ++script_->alive; }
  ~FakeEngine() override { --script_->alive; }

  void watch(BuildProgress progress) override { tell_ = std::move(progress); }
  Description build(const Preset& preset) override {
    while (script_->hold_build) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (script_->tell_build) tell_("training the encoder", 0.5);
    }
    if (script_->refuse_build) throw InputError({{"task.data.path", "/no/such/folder", "a folder with the data set"}});
    const Parameters& p = preset.parameters;
    if (script_->refuse_depth == p.integer("model.depth")) throw InputError({{"model.depth", "too deep", "less"}});
    Description d;
    moe_layers_ = static_cast<int>(p.integer("model.depth"));
    experts_ = static_cast<int>(p.integer("model.experts.count"));
    seed_ = p.integer("run.seed");
    steps_ = 0;
    d.classes = classes;
    const auto groups = class_groups(p.text("measure.groups"), p.text("measure.custom_groups"), 10);
    for (const auto& group : *groups.value) {
      d.groups.push_back(group_name(group, classes));
    }
    for (int layer = 0; layer < moe_layers_; ++layer) {
      d.layer_names.push_back("layer " + std::to_string(layer));
      d.experts.push_back(experts_);
    }
    const auto head = p.load<HeadParameters>("model.head");
    if (head.kind == "tiles") d.tiles = layout_of(p);
    if (head.kind != "linear") {
      d.layer_names.push_back(head.kind);
      d.experts.push_back(static_cast<int>(head.kind == "tiles" ? head.tiles.tiles : head.experts.count));
    }
    d.layers = static_cast<int>(d.experts.size());
    d.device = "cpu, 2 threads";
    subspaces_ = p.text("model.experts.kind") == "subspace";
    dimensions_ = static_cast<int>(p.integer("model.subspaces.backbone"));
    tasks_.clear();
    if (p.text("task.kind") == "interference") tasks_ = {"answer 0", "answer 1"};
    continual_ = {.sequence = p.text("task.kind") == "sequence",
                  .inferred = p.boolean("measure.inferred_tiles"),
                  .attractor = p.integer("measure.attractor_every") > 0,
                  .head = head.kind == "linear" ? "" : head.kind,
                  .head_layer = d.layers - 1,
                  .steps_of_task = p.integer("task.sequence.steps"),
                  .tiles = d.tiles};
    declare(d, p.text("task.kind") == "language");
    if (subspaces_) declare_subspaces(d);
    continual_.declare(d);
    description_ = d;
    apply(p);
    take_over();
    script_->applied = 0;
    ++script_->builds;
    return d;
  }

  void apply(const Parameters& parameters) override {
    if (script_->refuse_changes) throw InputError({{"model.head.tiles", "a change", "none at all"}});
    temperature_ = parameters.real("model.router.temperature");
    script_->temperature = temperature_;
    biased_ = parameters.text("model.router.bias.update") != "none";
    if (continual_.head == "tiles") wanted_ = layout_of(parameters);
    if (!continual_.sequence) take_over();
    {
      const std::lock_guard lock(script_->mutex_);
      script_->score_ = parameters.text("model.router.score");
      script_->layout_ = parameters.text("model.head.tiles.layout");
    }
    ++script_->applied;
  }

  void step(std::int64_t step, bool last, Telemetry& telemetry) override {
    ++script_->stepping;
    std::this_thread::sleep_for(std::chrono::microseconds(script_->step_us));
    while (script_->hold) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --script_->stepping;
    const std::int64_t begun = continual_.sequence ? step % continual_.steps_of_task : 0;
    if (begun == 0 && step < FakeContinual::tasks * continual_.steps_of_task) take_over();
    if (step == script_->fail_at) throw TrainingError("out of memory at step " + std::to_string(step));
    steps_ = step + 1;
    progress_ = 1 - std::exp(-static_cast<double>(step) / 350);
    for (std::size_t i = 0; i < description_.metrics.size(); ++i) {
      const MetricSpec& metric = description_.metrics[i];
      if (metric.rank == 0 && (step % 5 == 0 || last)) telemetry.scalar(i, scalar(metric, step));
      const int every = continual_.of_test(metric) ? 50 : 25;
      if (metric.rank == 2 && (step % every == 0 || last)) telemetry.matrix(i, matrix(metric));
    }
  }

  // Of eight tokens: 3 for the expert of the layer and token, less for the others. The bias is for the last expert.
  LayerLogits layer_logits(int layer, std::int64_t most_tokens) const override {
    if (layer >= moe_layers_ || steps_ == 0) return {};
    LayerLogits found{std::min<std::int64_t>(8, most_tokens), experts_, {}, {}};
    for (int token = 0; token < found.tokens; ++token) {
      for (int e = 0; e < experts_; ++e) {
        found.logits.push_back(e == (layer + token) % experts_ ? 3 : static_cast<float>(steps_ % 100) * 0.01f - 1);
      }
      found.labels.push_back(token);
    }
    if (biased_) {
      found.bias.assign(static_cast<std::size_t>(experts_), 0);
      found.bias.back() = 4.5f;
    }
    return found;
  }

  void save(Writer&) const override {}
  void restore(Reader&) override {}
  std::uint64_t memory_bytes() const override { return 412u << 20; }

 private:
  static std::vector<std::vector<int>> layout_of(const Parameters& p) {
    const bool sequence = p.text("task.kind") == "sequence";
    const auto tasks =
        sequence ? class_sequence(p.load<SequenceParameters>("task").classes, 10, {}).value : ClassSequence();
    return *tile_layout(p.load<HeadParameters>("model.head").tiles, 10, tasks.value()).value;
  }

  // The layout that is asked for.
  void take_over() {
    continual_.tiles = wanted_;
    const std::lock_guard lock(script_->mutex_);
    script_->tiles_ = wanted_;
  }

  void declare(Description& d, bool language) const {
    const auto add = [&](const std::string& family, const char* suffix, int layer, int rank, const char* unit,
                         const char* definition, const char* formula) {
      MetricSpec spec;
      const std::string of = layer < 0             ? suffix
                             : layer < moe_layers_ ? "layer" + std::to_string(layer)
                                                   : continual_.head;
      spec.name = family + (of.empty() ? "" : "/" + of);
      spec.family = family.starts_with("overlap") ? "overlap" : family;
      spec.layer = layer;
      spec.title = family + (of.empty() ? "" : ", " + of);
      spec.rank = rank;
      spec.unit = unit;
      spec.definition = definition;
      spec.formula = formula;
      spec.source = "a made-up study for tests";
      if (rank == 2) {
        Axis experts{"expert", {}};
        for (int e = 0; layer >= 0 && e < d.experts[static_cast<std::size_t>(layer)]; ++e) {
          experts.labels.push_back((layer < moe_layers_ || continual_.head == "experts" ? "expert " : "tile ") +
                                   std::to_string(e));
        }
        const Axis groups{"group", d.groups};
        spec.axes[0] = family == "conflict" ? groups : experts;
        spec.axes[1] = family == "conflict" ? groups : family == "routing" ? Axis{"class", d.classes} : experts;
        if (family == "routing_by_character") spec.axes[1] = {"character class", {"letter", "digit", "space"}};
        if (family == "conflict") {
          spec.colours = Colours::diverging;
          spec.low = -1;
        }
      }
      d.metrics.push_back(spec);
    };
    for (const char* part : {"total", "task", "balance"}) {
      add("loss", part, -1, 0, "nats", "What training makes small, and its parts.", "total = task + balance");
    }
    for (const char* part : {"train", "test"})
      add("accuracy", part, -1, 0, "", "Share of samples classified rightly.", "");
    add("conflict", "encoder", -1, 2, "", "Cosine between the gradients of two groups.", "g_a · g_b / (|g_a| |g_b|)");
    add("conflict_rate", "encoder", -1, 0, "", "Share of pairs whose cosine is below zero.", "");
    for (int layer = 0; layer < d.layers; ++layer) {
      add("alpha_entropy", "", layer, 0, "nats", "How undecided the router is.", "−Σ α ln α");
      add("load_cv", "", layer, 0, "", "How unequal the experts' loads are.", "std / mean");
      add("dead_experts", "", layer, 0, "experts", "Experts that served nobody.", "");
      add("temperature", "", layer, 0, "", "Divides the logits.", "");
      add("overlap", "", layer, 0, "", "Shared work of experts.", "Σ min(p, q)");
      add("overlap_pairs", "", layer, 2, "", "Shared work of experts.", "Σ min(p, q)");
      add("coactivation", "", layer, 2, "", "How often two experts serve the same sample.", "N_ij / N_i");
      add("routing", "", layer, 2, "", "Which expert serves which class.", "");
      if (language) add("routing_by_character", "", layer, 2, "", "Which expert serves which kind of byte.", "");
      add("conflict", "", layer, 2, "", "Cosine between the gradients of two groups.", "");
      add("conflict_rate", "", layer, 0, "", "Share of pairs whose cosine is below zero.", "");
    }
  }

  // Those of core/measure/subspaces.cpp.
  void declare_subspaces(Description& d) const {
    const auto add = [&](const char* family, int layer, int rank, Axis rows = {}, Axis columns = {}) {
      MetricSpec spec;
      spec.family = family;
      spec.name = layer < 0 ? spec.family : spec.family + "/layer" + std::to_string(layer);
      spec.title = layer < 0 ? spec.family : spec.family + ", layer " + std::to_string(layer);
      spec.layer = layer;
      spec.rank = rank;
      spec.axes[0] = std::move(rows);
      spec.axes[1] = std::move(columns);
      spec.definition = "What a study of subspaces measures.";
      spec.formula = "|S_i and S_j| / r";
      spec.source = "a made-up study for tests";
      if (spec.family.ends_with("_conflict")) {
        spec.colours = Colours::diverging;
        spec.low = -1;
      }
      d.metrics.push_back(spec);
    };
    const auto numbers = [](const char* before, int count) {
      std::vector<std::string> names;
      for (int i = 0; i < count; ++i) names.push_back(before + std::to_string(i));
      return names;
    };
    const Axis experts{"expert", numbers("expert ", experts_)}, dimensions{"dimension", numbers("", dimensions_)};
    const Axis tasks{"task", tasks_}, pairs{"pair of tasks", {"answer 0 / answer 1"}};
    add("rank_overlap_by_layer", -1, 2, experts, {"layer", numbers("layer ", moe_layers_)});
    for (int layer = 0; layer < moe_layers_; ++layer) {
      for (const char* family : {"rank_overlap", "topological_entropy", "evictions"}) add(family, layer, 0);
      add("subspace_alpha", layer, 2, experts, dimensions);
      add("rank_overlap_pairs", layer, 2, experts, experts);
      if (tasks_.empty()) continue;
      for (const char* family : {"gradient_interference", "isolation"}) add(family, layer, 0);
      add("task_share", layer, 2, experts, tasks);
      add("dimension_conflict", layer, 2, pairs, dimensions);
      add("task_conflict", layer, 2, tasks, tasks);
    }
  }

  double scalar(const MetricSpec& metric, std::int64_t step) const {
    const double scatter = noise(step, metric.layer + 7, seed_) - 0.5;
    if (metric.name == "loss/total" && step == script_->nan_at) return std::numeric_limits<double>::quiet_NaN();
    if (metric.family == "loss") {
      return metric.name == "loss/balance" ? 0.05 - 0.03 * progress_ : 2.3 - 1.8 * progress_ + 0.2 * scatter;
    }
    if (const auto value = continual_.scalar(metric, step)) return *value;
    if (metric.family == "accuracy") return 0.1 + 0.75 * progress_ + 0.03 * scatter;
    if (metric.family == "alpha_entropy") {
      return 0.69 * std::min(1.0, std::sqrt(temperature_)) * (1 - (0.3 + 0.1 * metric.layer) * progress_) +
             0.02 * scatter;
    }
    if (metric.family == "temperature") return temperature_;
    if (metric.family == "dead_experts") return metric.layer == 2 ? 1 : 0;
    if (metric.family == "overlap") return 0.9 - 0.6 * progress_;
    if (metric.family == "evictions")
      return step % 20 == 10 && metric.layer == 0 ? 1 + static_cast<double>(step % 3) : 0;
    if (metric.family == "conflict_rate") return 0.4 - 0.2 * progress_ + 0.05 * scatter;
    return 0.2 + 0.5 * progress_ + 0.1 * scatter;
  }

  Matrix matrix(const MetricSpec& metric) const {
    Matrix m;
    m.rows = static_cast<int>(metric.axes[0].labels.size());
    m.columns = static_cast<int>(metric.axes[1].labels.size());
    for (int i = 0; i < m.rows; ++i) {
      for (int j = 0; j < m.columns; ++j) m.values.push_back(cell(metric, i, j, m.columns));
    }
    return m;
  }

  float cell(const MetricSpec& metric, int i, int j, int columns) const {
    if (const auto value = continual_.cell(metric, steps_, i, j)) return *value;
    if (metric.family == "subspace_alpha") {  // about a third of the dimensions is picked
      return noise(i, j, metric.layer + 50) < 0.35 ? static_cast<float>(0.5 + 0.4 * noise(j, i) * progress_) : none;
    }
    if (metric.family == "task_share") return j == i % columns ? 0.75f : 0.25f;
    if (metric.family.ends_with("_conflict")) {
      return i == j && metric.family == "task_conflict" ? 1 : static_cast<float>(1.4 * noise(j, steps_) - 1);
    }
    const bool dead = metric.layer == 2 && i == 1;
    if (metric.family == "conflict") {
      if (i == j) return 1;
      return static_cast<float>(0.9 - 1.5 * noise(std::min(i, j), std::max(i, j), metric.layer) - 0.3 * progress_);
    }
    if (dead || (!metric.family.starts_with("routing") && metric.layer == 2 && j == 1)) return none;
    if (metric.family.starts_with("routing")) {  // from even to a few classes for each expert
      const double own = noise(i, j, metric.layer + 3) < 0.25 ? 1 : 0.06 * noise(j, i);
      return static_cast<float>((1 - progress_ + progress_ * 3 * own) / columns / experts_);
    }
    if (i == j) return 1;
    return static_cast<float>((1 - progress_) * 0.9 +
                              progress_ * 0.8 * noise(std::min(i, j), std::max(i, j), metric.layer));
  }

  BuildProgress tell_;
  std::shared_ptr<Script> script_;
  Description description_;
  int moe_layers_ = 0, experts_ = 0;
  std::int64_t seed_ = 0, steps_ = 0;
  double temperature_ = 1, progress_ = 0;
  bool biased_ = false;
  bool subspaces_ = false;
  FakeContinual continual_;
  std::vector<std::vector<int>> wanted_;  // the layout of tiles that is asked for
  int dimensions_ = 0;
  std::vector<std::string> tasks_;
};

std::unique_ptr<Engine> make_fake_engine(std::shared_ptr<Script> script) {
  return std::make_unique<FakeEngine>(std::move(script));
}

}  // namespace tessera::test
