#include "core/engine/experiment_run.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/engine/device.h"
#include "core/engine/model_of.h"
#include "core/engine/sampler_part.h"
#include "core/engine/subject_of.h"
#include "core/engine/tensor_parts.h"
#include "core/engine/tiles_part.h"
#include "core/experiment.h"
#include "core/learn/encoder_training.h"
#include "core/learn/features.h"
#include "core/learn/run_parameters.h"
#include "core/tasks/task_parameters.h"
#include "kernels/threads.h"

namespace tessera {
namespace {

constexpr std::int64_t loss_check_every = 50;  // steps; on a GPU, where looking costs a wait

// The number of threads belongs to the experiment. LibTorch gets helpers of its own only where much of the work is its
// own, in convolutions and attention: its parallel regions end when the last of their threads does, so that each costs
// a time slice wherever a core is wanted by something else, such as the window.
ThreadCounts thread_counts(const Parameters& parameters) {
  const auto threads = static_cast<int>(parameters.load<RunParameters>("run").threads);
  const bool text = parameters.load<TaskParameters>("task").kind == "language";
  const bool shared = text || parameters.load<ModelParameters>("model").encoder.starts_with("conv");
  return {threads, shared ? threads : 1};
}

void use_threads(const ThreadCounts& counts) {  // both are kept for each thread that calls
  kernels::set_threads(counts.kernels);
  if (at::get_num_threads() != counts.torch) at::set_num_threads(counts.torch);
}

// With the threads set before the first tensor is made.
at::Device prepared_device(const ThreadCounts& counts, const Parameters& parameters) {
  use_threads(counts);
  return choose_device(parameters.load<RunParameters>("run").device);
}

// What single ranges can't say; whoever hands over parameters has checked the ranges.
const Parameters& combining(const Parameters& parameters) {
  auto problems = check_combinations(parameters);
  if (!problems.empty()) throw InputError(std::move(problems));
  return parameters;
}

Groups chosen_groups(const MeasureParameters& measure, std::size_t classes) {
  auto groups = class_groups(measure.groups, measure.custom_groups, static_cast<int>(classes));
  if (!groups) throw InputError(groups.problems);
  return *std::move(groups.value);
}

}  // namespace

ExperimentRun::ExperimentRun(const Parameters& parameters, const BuildProgress& progress)
    : measure_(combining(parameters).load<MeasureParameters>("measure")),
      threads_(thread_counts(parameters)),
      device_(prepared_device(threads_, parameters)),
      task_(make_task(parameters, device_)),
      model_(model_of(parameters, task_->outline(), device_)),
      learner_(model_, *task_, parameters.load<LearnParameters>("learn"),
               parameters.load<ContinualParameters>("learn.continual"), parameters.integer("run.seed"),
               [&] { return std::make_unique<Model>(model_of(parameters, task_->outline(), device_)); }),
      regulation_(parameters.load<RegulatorParameters>("learn.regulator")),
      regulator_(parameters.integer("run.seed")),
      subspaces_(model_.live.subspaces),
      groups_(chosen_groups(measure_, task_->outline().classes.size())),
      probes_(*task_, groups_, measure_.conflict_samples, parameters.integer("run.seed")),
      evaluator_(*task_, measure_.test_samples, regulation_.kind == "none" ? 0 : task_->test_samples() / 2),
      wanted_tiles_(model_.tiles()),
      sequence_(model_, *task_, measure_, parameters.integer("run.seed")),
      metrics_(
          all_metrics(subject_of(model_, task_->outline(), groups_, regulation_, learner_.continual.live, measure_))) {
  const auto size = [](const auto& names) { return static_cast<std::int64_t>(names.size()); };
  const TaskOutline& outline = task_->outline();
  const LabelCounts counts{size(outline.classes), size(outline.token_classes), size(outline.vocabulary)};
  const std::vector<int> experts = model_.experts();
  for (std::size_t i = 0; i < experts.size(); ++i) {
    windows_.emplace_back(experts[i], counts, device_);
    if (static_cast<int>(i) < model_.moe_layers()) choices_.emplace_back(evaluator_.probes().count(), experts[i]);
  }
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const SubspaceBank* const bank = model_.subspaces(i);
    picked_before_.push_back(bank ? at::zeros({bank->count(), bank->down.size(1)}, at::kByte) : at::Tensor());
  }
  const auto encoder = parameters.load<EncoderParameters>("task");
  encoder_trained_before_ = !outline.sequence.empty() && encoder.data_name != "none";
  if (encoder_trained_before_) {
    train_encoder(model_, outline.inputs, parameters.load<ModelParameters>("model").encoder, encoder,
                  device_text(device_, threads_.kernels), progress);
  }
  keep_features(progress);
  if (measure_.attractor_every > 0 && model_.head_experts() > 0) {
    attractor_ = std::make_unique<Attractor>(model_, *task_, parameters.integer("run.seed"));
  }
  best_by_class_ = at::full({outline.outputs}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
  hits_ = WindowSum(at::zeros({}, at::TensorOptions(at::kLong).device(device_)));
  seen_ = WindowSum(at::zeros({}, at::kLong));
}

Description ExperimentRun::description() const {
  const Subject subject = subject_of(model_, task_->outline(), groups_, regulation_, learner_.continual.live, measure_);
  Description description;
  for (const Metric& metric : metrics_) description.metrics.push_back(metric.spec);
  description.layers = static_cast<int>(subject.layer_names.size());
  description.layer_names = subject.layer_names;
  description.experts = subject.experts;
  description.classes = subject.classes;
  description.groups = subject.groups;
  description.tiles = model_.tiles();
  description.device = device_text(device_, threads_.kernels);
  return description;
}

ExperimentRun::Due ExperimentRun::due(std::int64_t every, std::int64_t step, bool last) {
  const bool regular = every > 0 && step % every == 0;
  return {regular || last, regular};
}

void ExperimentRun::step(std::int64_t step, bool last, Telemetry& telemetry) {
  use_threads(threads_);
  const bool begins = task_->advance_to(step);
  if (begins || step == 0) lay_tiles();
  if (begins) {
    learner_.begin_task();
    trend_.begin_task();
    keep_features();
  }
  regulate(step);
  const StepResult result = learner_.step();
  sequence_.learn(result, learner_.live);
  const Due scalars = due(measure_.scalars_every, step, last), maps = due(measure_.matrices_every, step, last);
  const Due test = due(measure_.test_every, step, last), conflict = due(measure_.conflict_every, step, last);
  const Due attractor = due(measure_.attractor_every, step, last);
  check_loss(result, step, scalars.now || device_.is_cpu() || step % loss_check_every == 0);
  accumulate(result);
  logits_.clear();
  for (const Routing& routing : result.output.routings) logits_.push_back(routing.logits);
  labels_ = result.batch.labels;

  Observation seen;
  seen.layers.resize(windows_.size());
  seen.mosaic.layout = model_.tiles();
  if (scalars.now) observe_scalars(result, scalars.regular, seen);
  if (scalars.now || maps.now) observe_subspaces(result, seen);
  if (maps.now) observe_maps(result, maps.regular, seen);
  if (test.now) observe_test(step, last, seen);
  const bool task_ends = task_->stage_ends_after(step) || last;
  if (test.now || task_ends) sequence_.observe(task_ends, seen);
  observe_attractor(step, attractor.now, task_ends, seen);
  seen.sequence.task = task_->stage();
  if (task_->stage_ends_after(step)) learner_.end_task(result);
  if (conflict.now) observe_conflict(seen);
  if (last && measure_.dimension_probe) observe_dimensions(seen);
  const bool is_due[] = {scalars.now,   maps.now,  test.now, conflict.now,
                         attractor.now, task_ends, last};  // by tessera::Due
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    const Metric& metric = metrics_[i];
    if (!is_due[static_cast<std::size_t>(metric.due)]) continue;
    if (metric.matrix) {
      telemetry.matrix(i, metric.matrix(seen));
    } else if (const double value = metric.scalar(seen); !std::isnan(value)) {
      telemetry.scalar(i, value);
    }
  }
  if (scalars.regular) remember_picked(seen);
  if (scalars.now) {
    for (RoutingWindow& window : windows_) window.load.roll();
    hits_.roll();
    seen_.roll();
  }
  if (maps.now) {
    for (const RoutingWindow& window : windows_) {
      for (auto& [name, sum] : window.maps()) sum.roll();
    }
  }
}

// Test samples at the end that the regulator validates on; 0 without one.
std::int64_t ExperimentRun::held_out() const {
  bool any = false;
  for (std::size_t i = 0; i < subspaces_.size(); ++i) any = any || model_.subspaces(i) != nullptr;
  if (!any || regulation_.kind == "none") return 0;
  return std::min(regulation_.samples, task_->test_samples() / 2);
}

// While the encoder stays as it is, its features are computed once.
void ExperimentRun::keep_features(const BuildProgress& progress) {
  const bool still = learner_.continual.encoder_stays();
  if (still && !model_.live.encoded) {
    // Only an encoder that was trained before is that of other runs, too.
    const bool of_others = encoder_trained_before_ && learner_.continual.live.encoder == "frozen";
    task_->use_features([&](const at::Tensor& inputs) {
      if (!of_others) return features_of(model_, inputs, progress);
      return cached_features_of(model_, inputs, device_text(device_, threads_.kernels), progress);
    });
  } else if (!still && model_.live.encoded) {
    task_->use_features({});
  }
  model_.live.encoded = still;
}

void ExperimentRun::lay_tiles() {
  const TileLayout before = model_.tiles();
  if (before == wanted_tiles_) return;
  learner_.lay_tiles(wanted_tiles_);
  sequence_.tiles_were_laid(before);
}

void ExperimentRun::regulate(std::int64_t step) {
  const std::int64_t samples = held_out(), end = task_->test_samples();
  if (samples == 0) return;
  put_in_force();  // of the last decision: parameters may have been set, or a checkpoint restored, since
  regulator_.before(step, regulation_, [&] { return test_loss(model_, *task_, end - samples, end); });
  put_in_force();
}

// What the regulator has decided.
void ExperimentRun::put_in_force() {
  for (std::size_t i = 0; i < subspaces_.size(); ++i) {
    const SubspaceBank* const bank = model_.subspaces(i);
    if (bank != nullptr) {
      model_.live.subspaces[i] = regulator_.regulated(subspaces_[i], bank->count(), regulation_);
    }
  }
}

void ExperimentRun::check_loss(const StepResult& result, std::int64_t step, bool now) const {
  if (!now) return;
  const double loss = result.total.item<double>();
  if (std::isfinite(loss)) return;
  throw TrainingError(std::string("loss is ") + (std::isnan(loss) ? "NaN" : "infinite") + " at step " +
                      std::to_string(step));
}

void ExperimentRun::accumulate(const StepResult& result) {
  const TokenLabels labels{result.batch.labels, result.batch.token_labels, result.batch.ids};
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    windows_[i].add(result.output.routings[i].alpha, labels);
  }
  hits_.now += (result.output.logits.argmax(1) == result.batch.targets).sum();
  seen_.now += result.batch.targets.size(0);
}

void ExperimentRun::apply(const Parameters& parameters) {
  const auto head = parameters.load<HeadParameters>("model.head");
  if (!model_.tiles().empty()) {
    wanted_tiles_ = tiles_in(head, task_->outline());
    if (task_->outline().sequence.empty()) lay_tiles();  // in a sequence, when the next task begins
  }
  const bool encoded = model_.live.encoded;
  model_.live = live_parameters(parameters);
  model_.live.encoded = encoded;
  subspaces_ = model_.live.subspaces;
  regulation_ = parameters.load<RegulatorParameters>("learn.regulator");
  learner_.live = parameters.load<LearnParameters>("learn");
  learner_.continual.live = parameters.load<ContinualParameters>("learn.continual");
  task_->drift = parameters.load<TaskParameters>("task").drift;
}

template <class Part>
void ExperimentRun::for_each_tensor(const Part& part) const {
  std::size_t next = 0, next_alpha = 0;
  for (const Weight& weight : model_.weights()) {
    const bool alpha = weight.scope == Scope::alpha;
    const AdamW& optimiser = alpha ? learner_.alpha_optimisers[next_alpha++] : learner_.optimiser;
    const std::size_t i = alpha ? 0 : next++;
    part("weight/" + weight.name, weight.value);
    if (alpha) part("adamw.steps/" + weight.name, optimiser.steps);
    part("adamw.mean/" + weight.name, optimiser.mean[i]);
    part("adamw.square/" + weight.name, optimiser.square[i]);
  }
  for (const ModelState& state : model_.states()) part("state/" + state.name, state.value);
  part("adamw.steps", learner_.optimiser.steps);
  if (regulation_.kind != "none") {
    part("regulator.counts", regulator_.counts);
    part("regulator.sums", regulator_.sums);
    part("regulator.preferences", regulator_.preferences);
    part("regulator.chosen", regulator_.chosen);
    part("regulator.losses", regulator_.losses);
    part("regulator.last", regulator_.last);
  }
  const auto window = [&](const std::string& name, const WindowSum& sum) {
    part(name, sum.now);
    part(name + ".before", sum.before);
  };
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const std::string layer = "window" + std::to_string(i);
    window(layer + ".load", windows_[i].load);
    for (const auto& [name, sum] : windows_[i].maps()) window(layer + "." + name, sum);
  }
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const std::string layer = "choices" + std::to_string(i);
    part(layer + ".moments", choices_[i].moments);
    part(layer + ".last", choices_[i].last);
    part(layer + ".steps", choices_[i].steps);
    part(layer + ".counts", choices_[i].counts);
  }
  for (std::size_t i = 0; i < picked_before_.size(); ++i) {
    if (picked_before_[i].defined()) part("picked_before" + std::to_string(i), picked_before_[i]);
  }
  for (const ModelState& state : learner_.continual.states()) part(state.name, state.value);
  for (const ModelState& state : sequence_.states()) part(state.name, state.value);
  if (attractor_) {
    for (const ModelState& state : trend_.states()) part(state.name, state.value);
  }
  if (!model_.tiles().empty() && task_->outline().sequence.empty()) part("tiles.best", best_by_class_);
  window("window.hits", hits_);
  window("window.seen", seen_);
}

void ExperimentRun::save(Writer& writer) const {
  for_each_tensor([&](const std::string& name, const at::Tensor& tensor) { write_tensor(writer, name, tensor); });
  write_sampler(writer, task_->sampler.state());
  if (!model_.tiles().empty()) write_tiles(writer, model_.tiles());
  if (!task_->outline().sequence.empty()) write_stage(writer, task_->stage());
}

void ExperimentRun::restore(Reader& reader) {
  const TileLayout tiles = model_.tiles();
  std::vector<at::Tensor> kept;
  if (!tiles.empty()) {
    const TileLayout of_checkpoint = read_tiles(reader, tiles, task_->outline().outputs);
    if (of_checkpoint != tiles) {  // whose shapes its tensors have
      for_each_tensor([&](const std::string&, const at::Tensor& tensor) { kept.push_back(tensor.detach().clone()); });
      learner_.lay_tiles(of_checkpoint);
    }
  }
  try {
    TensorReader tensors(reader);
    for_each_tensor([&](const std::string& name, const at::Tensor& tensor) { tensors.read(name, tensor); });
    const std::int64_t stage = task_->outline().sequence.empty() ? 0 : read_stage(reader);
    task_->restore(read_sampler(reader), stage);  // throws before it changes anything
    tensors.commit();
  } catch (...) {
    if (!kept.empty()) {  // as it was
      const at::NoGradGuard no_grad;
      learner_.lay_tiles(tiles);
      std::size_t next = 0;
      for_each_tensor([&](const std::string&, at::Tensor tensor) { tensor.copy_(kept[next++]); });
    }
    throw;
  }
  model_.live.encoded = false;  // of another encoder
  task_->use_features({});
  keep_features();
  logits_.clear();
}

LayerLogits ExperimentRun::layer_logits(int layer, std::int64_t most_tokens) const {
  const auto index = static_cast<std::size_t>(layer);
  if (layer < 0 || index >= logits_.size() || !logits_[index].defined()) return {};
  const auto first = [&](const at::Tensor& of, at::ScalarType type) {
    return of.narrow(0, 0, std::min(most_tokens, of.size(0))).to(at::kCPU, type).contiguous();
  };
  const at::Tensor logits = first(logits_[index], at::kFloat), labels = first(labels_, at::kInt);
  LayerLogits found{logits.size(0), logits.size(1), {}, {}};
  found.logits.assign(logits.const_data_ptr<float>(), logits.const_data_ptr<float>() + logits.numel());
  found.labels.assign(labels.const_data_ptr<int>(), labels.const_data_ptr<int>() + labels.numel());
  if (const at::Tensor in_force = model_.selection_bias(index); in_force.defined()) {
    const at::Tensor bias = in_force.to(at::kCPU, at::kFloat).contiguous();
    found.bias.assign(bias.const_data_ptr<float>(), bias.const_data_ptr<float>() + bias.numel());
  }
  return found;
}

}  // namespace tessera
