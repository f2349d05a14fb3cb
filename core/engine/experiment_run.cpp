#include "core/engine/experiment_run.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cmath>

#include "core/engine/device.h"
#include "core/engine/sampler_part.h"
#include "core/engine/tensor_parts.h"
#include "core/experiment.h"
#include "core/learn/run_parameters.h"
#include "core/moe/jacobian.h"
#include "kernels/threads.h"

namespace tessera {
namespace {

constexpr std::int64_t most_jacobian_tokens = 64;
constexpr std::int64_t test_chunk = 1000;      // samples at once
constexpr std::int64_t loss_check_every = 50;  // steps; on a GPU, where looking costs a wait

// The number of threads belongs to the experiment. LibTorch gets helpers of its own only where much of the work is its
// own, in convolutions: its parallel regions end when the last of their threads does, so that each costs a time slice
// wherever a core is wanted by something else, such as the window.
ThreadCounts thread_counts(const Parameters& parameters) {
  const auto threads = static_cast<int>(parameters.load<RunParameters>("run").threads);
  return {threads, parameters.load<ModelParameters>("model").encoder == "conv" ? threads : 1};
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

LiveModelParameters live_parameters(const Parameters& parameters) {
  LiveModelParameters live;
  for (int layer = 0; layer < parameters.integer("model.depth"); ++layer) {
    live.routers.push_back(parameters.load<RouterParameters>("model.router", layer));
    live.losses.push_back(parameters.load<RouterLossParameters>("model.losses", layer));
  }
  live.route_by_label = parameters.load<HeadParameters>("model.head").route_by_label;
  return live;
}

ModelParts model_parts(const Parameters& parameters) {
  ModelParts parts;
  parts.outline = parameters.load<ModelParameters>("model");
  for (int layer = 0; layer < parts.outline.depth; ++layer) {
    parts.experts.push_back(parameters.load<ExpertParameters>("model.experts", layer));
  }
  parts.head = parameters.load<HeadParameters>("model.head");
  parts.live = live_parameters(parameters);
  return parts;
}

Groups chosen_groups(const MeasureParameters& measure, std::size_t classes) {
  auto groups = class_groups(measure.groups, measure.custom_groups, static_cast<int>(classes));
  if (!groups) throw InputError(groups.problems);
  return *std::move(groups.value);
}

Subject subject_of(const Model& model, const std::vector<std::string>& classes, const Groups& groups) {
  Subject subject;
  subject.moe_layers = model.moe_layers();
  subject.experts = model.experts();
  for (int i = 0; i < subject.moe_layers; ++i) subject.layer_names.push_back("layer " + std::to_string(i));
  if (!model.tiles().empty()) subject.layer_names.push_back("tiles");
  subject.classes = classes;
  for (const auto& group : groups) subject.groups.push_back(group_name(group, classes));
  return subject;
}

at::Tensor on_cpu(const at::Tensor& tensor) { return tensor.to(at::kCPU, at::kDouble); }

}  // namespace

ExperimentRun::ExperimentRun(const Parameters& parameters)
    : measure_(combining(parameters).load<MeasureParameters>("measure")),
      threads_(thread_counts(parameters)),
      device_(prepared_device(threads_, parameters)),
      task_(parameters.load<ClassificationParameters>("task"), parameters.integer("run.seed"), device_),
      model_(model_parts(parameters), task_.rows(), task_.columns(), static_cast<int>(task_.classes().size()),
             parameters.integer("run.seed"), at::TensorOptions(at::kFloat).device(device_)),
      learner_(model_, task_, parameters.load<LearnParameters>("learn"), parameters.integer("run.seed")),
      groups_(chosen_groups(measure_, task_.classes().size())),
      probes_(task_, groups_, measure_.conflict_samples, parameters.integer("run.seed")),
      metrics_(all_metrics(subject_of(model_, task_.classes(), groups_))) {
  const auto classes = static_cast<std::int64_t>(task_.classes().size());
  for (const int experts : model_.experts()) windows_.emplace_back(experts, classes, device_);
  hits_ = WindowSum(at::zeros({}, at::TensorOptions(at::kLong).device(device_)));
  seen_ = WindowSum(at::zeros({}, at::kLong));
}

Description ExperimentRun::description() const {
  const Subject subject = subject_of(model_, task_.classes(), groups_);
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
  const StepResult result = learner_.step();
  const Due scalars = due(measure_.scalars_every, step, last), maps = due(measure_.matrices_every, step, last);
  const Due test = due(measure_.test_every, step, last), conflict = due(measure_.conflict_every, step, last);
  check_loss(result, step, scalars.now || device_.is_cpu() || step % loss_check_every == 0);
  accumulate(result);
  logits_.clear();
  for (const Routing& routing : result.output.routings) logits_.push_back(routing.logits);
  labels_ = result.labels;

  Observation seen;
  seen.layers.resize(windows_.size());
  if (scalars.now) observe_scalars(result, scalars.regular, seen);
  if (maps.now) observe_maps(result, maps.regular, seen);
  if (test.now) seen.test_accuracy = test_accuracy(last);
  if (conflict.now) observe_conflict(seen);
  const bool is_due[] = {scalars.now, maps.now, test.now, conflict.now};  // by tessera::Due
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    const Metric& metric = metrics_[i];
    if (!is_due[static_cast<std::size_t>(metric.due)]) continue;
    if (metric.matrix) {
      telemetry.matrix(i, metric.matrix(seen));
    } else if (const double value = metric.scalar(seen); !std::isnan(value)) {
      telemetry.scalar(i, value);
    }
  }
  if (scalars.now) {
    for (RoutingWindow& window : windows_) window.load.roll();
    hits_.roll();
    seen_.roll();
  }
  if (maps.now) {
    for (RoutingWindow& window : windows_) {
      window.routed.roll();
      window.together.roll();
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
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    windows_[i].add(result.output.routings[i].alpha, result.labels);
  }
  hits_.now += (result.output.logits.argmax(1) == result.labels).sum();
  seen_.now += result.labels.size(0);
}

double ExperimentRun::test_accuracy(bool all) const {
  const at::NoGradGuard no_grad;
  const Samples& test = task_.test();
  const std::int64_t count =
      all || measure_.test_samples == 0 ? test.size() : std::min(measure_.test_samples, test.size());
  at::Tensor hits = at::zeros({}, test.labels.options());
  for (std::int64_t first = 0; first < count; first += test_chunk) {
    const std::int64_t end = std::min(first + test_chunk, count);
    const at::Tensor logits = model_.forward(test.pixels.slice(0, first, end), {}).logits;
    hits += (logits.argmax(1) == test.labels.slice(0, first, end)).sum();
  }
  return hits.item<double>() / static_cast<double>(count);
}

void ExperimentRun::observe_scalars(const StepResult& result, bool whole, Observation& seen) const {
  seen.loss.total = result.total.item<double>();
  seen.loss.task = result.output.task_loss.item<double>();
  const at::Tensor& parts = result.output.router_losses;
  std::array<bool, router_loss_count> on{};
  for (const RouterLossParameters& c : model_.live.losses) {
    const auto of_layer = losses_on(c);
    for (std::size_t i = 0; i < on.size(); ++i) on[i] = on[i] || of_layer[i];
  }
  for (std::size_t i = 0; i < on.size(); ++i) {
    if (on[i]) seen.loss.parts[i] = parts[static_cast<std::int64_t>(i)].item<double>();
  }
  seen.rate = learner_.live.rate;
  seen.train_accuracy = hits_.sum(whole).item<double>() / seen_.sum(whole).item<double>();
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    seen.layers[i].alpha = on_cpu(result.output.routings[i].alpha);
    seen.layers[i].scores = on_cpu(result.output.routings[i].scores);
    seen.layers[i].load = on_cpu(windows_[i].load.sum(whole));
    if (i < model_.live.routers.size()) seen.layers[i].temperature = model_.live.routers[i].temperature;
  }
}

void ExperimentRun::observe_maps(const StepResult& result, bool whole, Observation& seen) const {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    seen.layers[i].routed = on_cpu(windows_[i].routed.sum(whole));
    seen.layers[i].together = on_cpu(windows_[i].together.sum(whole));
  }
  for (std::size_t i = 0; i < model_.live.routers.size(); ++i) {
    if (model_.live.routers[i].selection == "soft") continue;  // it has logits of slots
    const at::Tensor some = result.output.routings[i].logits.slice(0, 0, most_jacobian_tokens);
    const at::Tensor logits = some.detach().clone().requires_grad_();
    const Routed routed = model_.route(i, logits);
    seen.layers[i].score_jacobian = on_cpu(jacobian(routed.scores, logits));
    seen.layers[i].weight_jacobian = on_cpu(jacobian(routed.alpha, logits));
  }
}

void ExperimentRun::observe_conflict(Observation& seen) const {
  ConflictGrams grams = probes_.measure(model_);
  seen.encoder_gram = std::move(grams.encoder);
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    seen.layers[i].router_gram = std::move(grams.routers[i]);
    seen.layers[i].experts_gram = std::move(grams.experts[i]);
  }
}

void ExperimentRun::apply(const Parameters& parameters) {
  model_.live = live_parameters(parameters);
  learner_.live = parameters.load<LearnParameters>("learn");
}

template <class Part>
void ExperimentRun::for_each_tensor(const Part& part) const {
  const auto& weights = model_.weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    part("weight/" + weights[i].name, weights[i].value);
    part("adamw.mean/" + weights[i].name, learner_.optimiser.mean[i]);
    part("adamw.square/" + weights[i].name, learner_.optimiser.square[i]);
  }
  for (const ModelState& state : model_.states()) part("state/" + state.name, state.value);
  part("adamw.steps", learner_.optimiser.steps);
  const auto window = [&](const std::string& name, const WindowSum& sum) {
    part(name, sum.now);
    part(name + ".before", sum.before);
  };
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const std::string layer = "window" + std::to_string(i);
    window(layer + ".load", windows_[i].load);
    window(layer + ".routed", windows_[i].routed);
    window(layer + ".together", windows_[i].together);
  }
  window("window.hits", hits_);
  window("window.seen", seen_);
}

void ExperimentRun::save(Writer& writer) const {
  for_each_tensor([&](const std::string& name, const at::Tensor& tensor) { write_tensor(writer, name, tensor); });
  write_sampler(writer, task_.sampler.state());
}

void ExperimentRun::restore(Reader& reader) {
  TensorReader tensors(reader);
  for_each_tensor([&](const std::string& name, const at::Tensor& tensor) { tensors.read(name, tensor); });
  task_.sampler.restore(read_sampler(reader));  // throws before it changes anything
  tensors.commit();
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
  return found;
}

}  // namespace tessera
