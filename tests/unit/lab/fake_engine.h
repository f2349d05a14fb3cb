// An engine for tests of what drives it: a few deterministic figures that depend on the seed, the step and the
// parameters in force, and a script of what goes wrong and when.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "core/lab/engine.h"
#include "tests/unit/lab/test_table.h"

namespace tessera::test {

// What a test tells its engines, and what they tell it. Any thread.
class Script {
 public:
  // Called on the worker; a test throws from them or waits in them. Set before the session starts.
  std::function<void()> on_make = [] {};
  std::function<void(const Preset&)> on_build = [](const Preset&) {};
  std::function<void(const BuildProgress&)> during_build = [](const BuildProgress&) {};
  std::function<void(std::int64_t step)> on_step = [](std::int64_t) {};
  std::function<void()> on_apply = [] {}, on_save = [] {}, on_restore = [] {}, on_destroy = [] {};
  std::function<double(std::int64_t step, double loss)> loss = [](std::int64_t, double loss) { return loss; };

  struct Step {
    std::int64_t step;
    bool last;
    Parameters parameters;
  };
  void add(Step step) {
    const std::lock_guard lock(mutex_);
    steps_.push_back(std::move(step));
  }
  std::vector<Step> steps() const {
    const std::lock_guard lock(mutex_);
    return steps_;
  }
  void used_here() {
    const std::lock_guard lock(mutex_);
    if (users_.empty() || users_.back() != std::this_thread::get_id()) users_.push_back(std::this_thread::get_id());
  }
  std::vector<std::thread::id> users() const {
    const std::lock_guard lock(mutex_);
    return users_;
  }
  std::atomic<int> alive = 0, made = 0, built = 0, applied = 0;

 private:
  mutable std::mutex mutex_;
  std::vector<Step> steps_;
  std::vector<std::thread::id> users_;
};

// Where a test holds the worker.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {  // of the worker
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for_worker() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

class FakeEngine : public Engine {
 public:
  enum Metric : std::size_t { loss_total, alpha_entropy, overlap };

  explicit FakeEngine(std::shared_ptr<Script> script) : script_(std::move(script)), parameters_(table()) {
    script_->used_here();
    script_->on_make();
    ++script_->alive;
    ++script_->made;
  }
  ~FakeEngine() override {
    script_->used_here();
    script_->on_destroy();
    --script_->alive;
  }

  void watch(BuildProgress progress) override { progress_ = std::move(progress); }

  Description build(const Preset& preset) override {
    script_->used_here();
    script_->on_build(preset);
    script_->during_build(progress_);
    ++script_->built;
    parameters_ = preset.parameters;
    state_ = static_cast<std::uint64_t>(parameters_.integer("run.seed"));
    Description description;
    description.metrics.resize(3);
    describe(description.metrics[loss_total], "loss/total", "loss", 0);
    describe(description.metrics[alpha_entropy], "alpha_entropy/layer0", "alpha_entropy", 0);
    describe(description.metrics[overlap], "overlap/layer0", "overlap", 2);
    description.layers = static_cast<int>(parameters_.integer("model.depth"));
    for (int i = 0; i < description.layers; ++i) description.layer_names.push_back("layer " + std::to_string(i));
    description.experts.assign(description.layer_names.size(), 2);
    description.classes = {"shirt", "coat"};
    description.groups = {"clothes"};
    description.tiles = {{0}, {0, 1}};
    description.device = "cpu, 1 thread";
    return description;
  }

  void step(std::int64_t step, bool last, Telemetry& telemetry) override {
    script_->used_here();
    script_->on_step(step);
    script_->add({step, last, parameters_});
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const double loss = static_cast<double>(state_ >> 40) / parameters_.real("model.router.temperature");
    telemetry.scalar(loss_total, script_->loss(step, loss));
    if (step % 2 == 0) telemetry.scalar(alpha_entropy, parameters_.real("model.router.temperature"));
    if (step % 5 == 0 || last) {
      const float nan = std::numeric_limits<float>::quiet_NaN();
      telemetry.matrix(overlap, {0, 2, 2, {static_cast<float>(step), 0.25f, nan, 1}});
    }
  }

  void apply(const Parameters& parameters) override {
    script_->used_here();
    script_->on_apply();
    ++script_->applied;
    parameters_ = parameters;
  }

  void save(Writer& writer) const override {
    script_->used_here();
    script_->on_save();
    writer.write("state", std::as_bytes(std::span(&state_, 1)));
    writer.write("nothing", {});
  }

  void restore(Reader& reader) override {
    script_->used_here();
    const auto bytes = reader.read("state");
    if (bytes.size() != sizeof state_) throw InputError({{"checkpoint", "wrong size of state", ""}});
    std::memcpy(&state_, bytes.data(), sizeof state_);
    script_->on_restore();
  }

  LayerLogits layer_logits(int layer, std::int64_t most_tokens) const override {
    script_->used_here();
    if (layer != 0 || most_tokens < 1) return {};
    return {1, 2, {static_cast<float>(state_ % 1000), 1}, {0}};
  }

  std::uint64_t memory_bytes() const override { return 1 << 20; }

 private:
  static void describe(MetricSpec& spec, const char* name, const char* family, int rank) {
    spec.name = spec.title = name;
    spec.family = family;
    spec.rank = rank;
    if (rank == 0) return;
    spec.axes[0] = {"expert", {"expert 0", "expert 1"}};
    spec.axes[1] = {"class", {"shirt", "coat"}};
  }

  std::shared_ptr<Script> script_;
  BuildProgress progress_;
  Parameters parameters_;
  std::uint64_t state_ = 0;
};

}  // namespace tessera::test
