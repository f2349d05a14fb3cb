// A built experiment: task, model, learner, measurements. What make_engine()'s engine holds between two builds.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/sequence_watch.h"
#include "core/lab/engine.h"
#include "core/learn/attractor.h"
#include "core/learn/evaluation.h"
#include "core/learn/learner.h"
#include "core/learn/probes.h"
#include "core/learn/regulator.h"
#include "core/measure/choice_history.h"
#include "core/measure/measure_parameters.h"
#include "core/measure/metrics.h"
#include "core/measure/routing_window.h"

namespace tessera {

struct ThreadCounts {
  int kernels, torch;  // for our operators, for LibTorch's
};

class ExperimentRun {
 public:
  // Throws InputError. Sets the calling thread's number of threads, as step() does.
  ExperimentRun(const Parameters& parameters, const BuildProgress& progress);
  // Not copyable or movable
  ExperimentRun(const ExperimentRun&) = delete;
  ExperimentRun& operator=(const ExperimentRun&) = delete;

  Description description() const;
  void step(std::int64_t step, bool last, Telemetry& telemetry);
  void apply(const Parameters& parameters);
  void save(Writer& writer) const;
  void restore(Reader& reader);
  LayerLogits layer_logits(int layer, std::int64_t most_tokens) const;
  at::Device device() const { return device_; }

 private:
  struct Due {
    bool now;
    bool regular;  // not only because the run ends
  };
  static Due due(std::int64_t every, std::int64_t step, bool last);
  std::int64_t held_out() const;
  void put_in_force();
  void lay_tiles();  // as it is wanted
  void keep_features(const BuildProgress& progress = {});
  void regulate(std::int64_t step);
  void check_loss(const StepResult& result, std::int64_t step, bool now) const;
  void accumulate(const StepResult& result);
  void observe_test(std::int64_t step, bool all, Observation& seen);
  void observe_attractor(std::int64_t step, bool now, bool task_ends, Observation& seen);
  void observe_scalars(const StepResult& result, bool whole, Observation& seen) const;
  void observe_subspaces(const StepResult& result, Observation& seen) const;
  void remember_picked(const Observation& seen);
  void observe_maps(const StepResult& result, bool whole, Observation& seen) const;
  RegulatorObservation observe_regulator() const;
  void observe_dimensions(Observation& seen);
  void observe_conflict(Observation& seen) const;
  template <class Part>
  void for_each_tensor(const Part& part) const;  // part(name, tensor): all that a checkpoint holds but the sampler

  MeasureParameters measure_;
  ThreadCounts threads_;
  at::Device device_;
  std::unique_ptr<Task> task_;
  Model model_;
  Learner learner_;
  RegulatorParameters regulation_;
  Regulator regulator_;
  std::vector<SubspaceParameters> subspaces_;  // one a MoE layer, before the regulator
  Groups groups_;
  Probes probes_;
  Evaluator evaluator_;
  std::vector<RoutingWindow> windows_;     // one a routed layer
  std::vector<ChoiceHistory> choices_;     // one a MoE layer
  std::vector<at::Tensor> picked_before_;  // uint8 [E, D] of each MoE layer; undefined without subspaces
  WindowSum hits_, seen_;                  // int64 scalars: training tokens right, and all
  TileLayout wanted_tiles_;                // taken over when the next task begins; in force until then: model_.tiles()
  SequenceWatch sequence_;
  std::unique_ptr<Attractor> attractor_;  // null: off
  SimilarityTrend trend_;
  bool encoder_trained_before_ = false;
  at::Tensor best_by_class_;  // double [outputs]: of tiles without a sequence, accuracy at a test yet
  std::vector<Metric> metrics_;
  std::vector<at::Tensor> logits_;  // of the last step: [tokens, width] of each routed layer, undefined for tiles
  at::Tensor labels_;               // of its tokens
};

}  // namespace tessera
