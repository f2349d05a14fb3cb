#include "core/learn/continual.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <map>

#include "core/data/class_sequence.h"
#include "core/data/random.h"
#include "core/learn/gradients.h"
#include "core/learn/sequence_accuracy.h"

namespace tessera {
namespace {

std::vector<std::int64_t> first_of(std::vector<std::int64_t> all, std::int64_t count, Random random) {
  std::vector<std::int32_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  random.shuffle(order);
  order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
  std::vector<std::int64_t> some;
  for (const std::int32_t i : order) some.push_back(all[static_cast<std::size_t>(i)]);
  return some;
}

}  // namespace

Continual::Continual(Model& model, const Task& task, std::vector<Weight> weights, const ContinualParameters& parameters,
                     std::int64_t seed, const std::function<std::unique_ptr<Model>()>& make_model)
    : live(parameters), model_(model), task_(task), weights_(std::move(weights)), seed_(seed) {
  if (task.outline().sequence.empty()) return;
  if (live.method == "ewc") {
    for (const Weight& weight : weights_) {
      importance_.push_back(at::zeros_like(weight.value).set_requires_grad(false));
      anchored_.push_back(importance_.back().clone());
      constant_.push_back(importance_.back().clone());
    }
  }
  if (live.method == "lwf") before_ = make_model();
  frozen_ = at::zeros({model.head_experts()}, at::kLong);
  freeze_tiles();
}

bool Continual::encoder_stays() const {
  if (task_.outline().sequence.empty()) return false;
  return live.encoder == "frozen" || (live.encoder == "frozen_after_first" && task_.stage() > 0);
}

std::vector<double> Continual::rates() const {
  if (task_.outline().sequence.empty()) return {};
  const bool later = task_.stage() > 0, still_encoder = encoder_stays();
  double of_router = 1;
  const std::string& freedom = live.router.freedom;
  if (freedom == "frozen" || (freedom == "frozen_after_first" && later)) of_router = 0;
  if (freedom == "frozen_after_warm_up" && task_.steps_begun() > live.router.warm_up) of_router = 0;
  if (freedom == "slow") of_router = live.router.rate;
  const std::int64_t* const frozen = frozen_.const_data_ptr<std::int64_t>();
  std::vector<double> rates;
  for (const Weight& weight : weights_) {
    double rate = 1;
    if (weight.scope == Scope::encoder && still_encoder) rate = 0;
    if (weight.scope == Scope::router) rate = of_router;
    if (weight.expert >= 0 && live.freeze_experts && frozen[weight.expert] != 0) rate = 0;
    rates.push_back(rate);
  }
  return rates;
}

double Continual::frozen_share() const {
  const std::vector<double> of_weights = rates();
  double frozen = 0, all = 0;
  for (std::size_t i = 0; i < of_weights.size(); ++i) {
    if (weights_[i].expert < 0) continue;
    const auto elements = static_cast<double>(weights_[i].value.numel());
    all += elements;
    if (of_weights[i] == 0) frozen += elements;
  }
  return all > 0 ? frozen / all : 0;
}

// Those that have no class of the task that is learned; where one has just its classes, all others.
void Continual::freeze_tiles() {
  const TileLayout tiles = model_.tiles();
  const auto& now = task_.outline().sequence[static_cast<std::size_t>(task_.stage())];
  const bool has_own = std::find(tiles.begin(), tiles.end(), now) != tiles.end();
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    const bool shares = std::any_of(tiles[t].begin(), tiles[t].end(),
                                    [&](int c) { return std::find(now.begin(), now.end(), c) != now.end(); });
    const bool used = has_own ? tiles[t] == now : shares;
    frozen_[static_cast<std::int64_t>(t)] = used || task_.joint() ? 0 : 1;
  }
}

void Continual::lay_tiles(const TileLayout& tiles, const TileMove& move) {
  for (const auto* beside : {&importance_, &anchored_, &constant_}) {
    if (!beside->empty()) move.move_beside(weights_, *beside);
  }
  if (before_) before_->lay_tiles(tiles);
}

std::vector<std::size_t> Continual::begin_task() {
  freeze_tiles();
  std::vector<std::size_t> anew;
  if (live.router.freedom != "reinitialised" || task_.stage() == 0) return anew;
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i].scope != Scope::router) continue;
    at::Tensor value = weights_[i].value;
    value.copy_(drawn_anew(weights_[i], seed_ + 7919 * task_.stage()));
    anew.push_back(i);
  }
  return anew;
}

// Of each class of the tasks before, as many as are kept; the same ones whenever it is asked.
std::vector<std::int64_t> Continual::memory_of(std::int64_t stage) const {
  std::map<int, std::vector<std::int64_t>> of_class;
  for (std::int64_t t = 0; t < stage; ++t) {
    for (const int c : task_.outline().sequence[static_cast<std::size_t>(t)]) of_class[c];
  }
  const auto& labels = task_.train_labels();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (const auto found = of_class.find(labels[i]); found != of_class.end()) {
      found->second.push_back(static_cast<std::int64_t>(i));
    }
  }
  std::vector<std::int64_t> memory;
  for (auto& [c, all] : of_class) {
    const auto kept = first_of(std::move(all), live.replay_per_class, Random(seed_, "memory " + std::to_string(c)));
    memory.insert(memory.end(), kept.begin(), kept.end());
  }
  return memory;
}

Samples Continual::with_memory(Samples batch, std::int64_t step) const {
  if (live.method != "replay" || task_.outline().sequence.empty() || task_.stage() == 0 || task_.joint()) return batch;
  if (memory_stage_ != task_.stage()) {
    memory_ = memory_of(task_.stage());
    memory_stage_ = task_.stage();
  }
  Random random(seed_, "replay " + std::to_string(step));
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < batch.targets.size(0); ++i) {
    indices.push_back(memory_[static_cast<std::size_t>(random.below(memory_.size()))]);
  }
  const Samples old = task_.pick(indices);
  for (auto part : {&Samples::inputs, &Samples::targets, &Samples::labels}) {
    batch.*part = at::cat({batch.*part, old.*part});
  }
  return batch;
}

at::Tensor Continual::imitation(const Samples& batch, const ModelOutput& output) const {
  if (!before_ || task_.stage() == 0 || task_.joint()) return {};
  at::Tensor target;
  {
    const at::NoGradGuard no_grad;
    before_->live = model_.live;
    target = before_->forward(batch.inputs, {}).all_logits;
  }
  const auto& tasks = task_.outline().sequence;
  const auto earlier = static_cast<std::size_t>(task_.stage());
  ClassSequence groups(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(earlier));
  if (live.loss_over != "task") {  // one distribution over all of them
    ClassSequence one(1);
    for (const auto& classes : groups) one[0].insert(one[0].end(), classes.begin(), classes.end());
    std::sort(one[0].begin(), one[0].end());
    one[0].erase(std::unique(one[0].begin(), one[0].end()), one[0].end());
    groups = std::move(one);
  }
  at::Tensor sum;
  for (const auto& classes : groups) {
    const at::Tensor index = at::tensor(at::ArrayRef<int>(classes), at::kLong).to(target.device());
    const auto log_probabilities = [&](const at::Tensor& logits) {
      return (logits.index_select(1, index) / live.lwf.temperature).log_softmax(1);
    };
    const at::Tensor part = -(log_probabilities(target).exp() * log_probabilities(output.all_logits)).sum(1).mean();
    sum = sum.defined() ? sum + part : part;
  }
  const double scale = live.lwf.strength * live.lwf.temperature * live.lwf.temperature;
  return sum * (scale / static_cast<double>(groups.size()));
}

// strength / 2 sum F (w - w*)^2 and its gradient.
at::Tensor Continual::hold(std::vector<at::Tensor>& gradients) const {
  if (importance_.empty() || task_.stage() == 0 || task_.joint()) return {};
  const at::NoGradGuard no_grad;
  at::Tensor value = at::zeros({}, model_.options().requires_grad(false));
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const at::Tensor &w = weights_[i].value, pull = importance_[i] * w - anchored_[i];
    gradients[i] = gradients[i] + pull * live.ewc.strength;
    value = value + ((pull - anchored_[i]) * w + constant_[i]).sum();
  }
  return value * (live.ewc.strength / 2);
}

// The diagonal of the Fisher information: the mean, over samples, of the squared gradient of the log-probability of an
// answer drawn from the model's own (Kirkpatrick et al. 2017; Kunstner et al. 2019 on why not the true answer).
void Continual::estimate_fisher() {
  const auto samples =
      first_of(task_.stage_samples(), live.ewc.samples, Random(seed_, "fisher " + std::to_string(task_.stage())));
  std::vector<at::Tensor> sums;
  for (const Weight& weight : weights_) sums.push_back(at::zeros_like(weight.value).set_requires_grad(false));
  const std::vector<at::Tensor> values = values_of(weights_);
  PassKind pass;
  pass.outputs = outputs_in_force(task_, live.loss_over, model_.options());
  Random random(seed_, "fisher answers " + std::to_string(task_.stage()));
  for (const std::int64_t sample : samples) {
    const Samples one = task_.pick({sample});
    const at::Tensor log_probabilities = model_.forward(one.inputs, {}, pass).logits.log_softmax(1)[0];
    double left = random.uniform();
    std::int64_t answer = 0;
    const at::Tensor p = log_probabilities.detach().exp().to(at::kCPU, at::kDouble);
    for (std::int64_t c = 0; c < p.size(0); ++c) {
      const double of_class = p[c].item<double>();
      if (of_class > 0) answer = c;
      if ((left -= of_class) < 0) break;
    }
    const auto gradients = gradients_of(log_probabilities[answer], values);
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i].addcmul_(gradients[i], gradients[i]);
  }
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i].div_(static_cast<double>(samples.size()));
    importance_[i].add_(sums[i]);
    anchored_[i].addcmul_(sums[i], weights_[i].value);
    constant_[i].add_(sums[i] * weights_[i].value.square());
  }
}

void Continual::end_task(const std::vector<Routing>& last) {
  if (task_.outline().sequence.empty()) return;
  if (!importance_.empty()) estimate_fisher();
  const at::NoGradGuard no_grad;
  if (before_) {
    for (std::size_t i = 0; i < model_.weights().size(); ++i) {
      at::Tensor value = before_->weights()[i].value;
      value.copy_(model_.weights()[i].value);
    }
  }
  if (!live.freeze_experts || frozen_.size(0) == 0 || !model_.tiles().empty()) return;
  const at::Tensor weight = last.back().alpha.sum(0).to(at::kCPU, at::kDouble);  // of the free ones, most of it
  const at::Tensor free = at::where(frozen_ == 0, weight, -1);
  if (free.max().item<double>() >= 0) frozen_[free.argmax().item<std::int64_t>()] = 1;
}

std::vector<ModelState> Continual::states() const {
  std::vector<ModelState> states;
  for (std::size_t i = 0; i < importance_.size(); ++i) {
    states.push_back({"ewc.importance/" + weights_[i].name, importance_[i]});
    states.push_back({"ewc.anchored/" + weights_[i].name, anchored_[i]});
    states.push_back({"ewc.constant/" + weights_[i].name, constant_[i]});
  }
  if (before_) {
    for (const Weight& weight : before_->weights()) states.push_back({"lwf.before/" + weight.name, weight.value});
  }
  if (frozen_.defined() && frozen_.size(0) > 0) states.push_back({"continual.frozen", frozen_});
  return states;
}

}  // namespace tessera
