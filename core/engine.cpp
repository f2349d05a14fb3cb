#include "core/engine.h"

#include <stdexcept>

#include "core/engine/experiment_run.h"
#include "core/engine/memory.h"

namespace tessera {
namespace {

class TrainingEngine : public Engine {
 public:
  void watch(BuildProgress progress) override { progress_ = std::move(progress); }
  Description build(const Preset& preset) override {
    auto fresh = std::make_unique<ExperimentRun>(preset.parameters, progress_);  // what throws leaves the old one whole
    run_ = std::move(fresh);
    return run_->description();
  }
  void step(std::int64_t step, bool last, Telemetry& telemetry) override { built().step(step, last, telemetry); }
  void apply(const Parameters& parameters) override { built().apply(parameters); }
  void save(Writer& writer) const override { built().save(writer); }
  void restore(Reader& reader) override { built().restore(reader); }
  LayerLogits layer_logits(int layer, std::int64_t most_tokens) const override {
    return built().layer_logits(layer, most_tokens);
  }
  std::uint64_t memory_bytes() const override { return memory_in_use(run_ ? run_->device() : at::Device(at::kCPU)); }

 private:
  ExperimentRun& built() const {
    if (!run_) throw std::logic_error("the engine has not built an experiment");
    return *run_;
  }
  BuildProgress progress_;
  std::unique_ptr<ExperimentRun> run_;
};

}  // namespace

std::unique_ptr<Engine> make_engine() {
  keep_freed_memory();
  return std::make_unique<TrainingEngine>();
}

}  // namespace tessera
