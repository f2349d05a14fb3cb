#include "core/moe/model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "core/moe/hash_logits.h"

namespace tessera {

namespace {

bool is_hash(const RouterParameters& router) { return router.logits.kind == "hash"; }

}  // namespace

Model::Model(const ModelParts& parts, const InputShape& shape, int outputs, std::int64_t seed,
             at::TensorOptions options)
    : live(parts.live),
      options_(options),
      width_(parts.outline.width),
      norm_(parts.outline.norm == "layer_norm"),
      text_(shape.is_text()),
      tasks_(parts.tasks) {
  const std::int64_t width = parts.outline.width;
  const int depth = static_cast<int>(parts.outline.depth);
  Initialiser initialiser(seed, options);
  encoder_ = make_encoder(parts.outline.encoder, shape, width, initialiser);
  if (parts.outline.task_embedding && tasks_ > 1) {
    task_embedding_ = initialiser.add_normal("task_embedding", Scope::encoder, -1, {tasks_, width});
  }
  if (!parts.task_outputs.empty()) {
    task_mask_ = at::full({tasks_, outputs}, -std::numeric_limits<double>::infinity(), options);
    for (std::int64_t t = 0; t < tasks_; ++t) {
      const auto [first, end] = parts.task_outputs[static_cast<std::size_t>(t)];
      task_mask_[t].slice(0, first, end).zero_();
    }
  }
  for (int i = 0; i < depth; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (text_) attentions_.emplace_back(i, width, parts.outline.heads, initialiser);
    layers_.emplace_back(i, width, parts.experts[at], parts.live.subspaces[at], parts.live.routers[at], tasks_,
                         initialiser);
  }
  head_ = make_head(parts.head, parts.tiles, width, outputs, depth, initialiser);
  weights_ = std::move(initialiser.weights);
  states_ = std::move(initialiser.states);
}

at::Tensor Model::normed(const at::Tensor& x) const { return norm_ ? at::layer_norm(x, {x.size(1)}) : x; }

ModelOutput Model::forward(const at::Tensor& inputs, const at::Tensor& targets, const PassKind& pass) const {
  ModelOutput output;
  TokenContext context;
  context.training = pass.training;
  if (!pass.blind) context.tasks = pass.tasks;
  context.task_count = tasks_;
  if (text_) {
    context.ids = inputs.flatten();
    context.sequence_length = inputs.size(1);
  } else if (std::any_of(live.routers.begin(), live.routers.end(), is_hash)) {
    context.ids = ids_of_rows(inputs.flatten(1));
  }
  at::Tensor x = live.encoded ? inputs : encode(inputs);
  if (task_embedding_.defined() && context.tasks.defined()) x = x + task_embedding_.index_select(0, context.tasks);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (text_) x = x + attentions_[i].forward(normed(x), context.sequence_length);
    context.noise = pass.noise + 0x9e3779b97f4a7c15 * i;  // layers draw apart
    MoeLayer::Output made =
        layers_[i].forward(x, normed(x), live.routers[i], live.losses[i], live.subspaces[i], context);
    x = std::move(made.y);
    if (layers_[i].subspaces() != nullptr) output.taps.push_back(std::move(made.taps));
    output.routings.push_back(std::move(made.routing));
    if (made.losses.defined()) {
      output.router_losses = output.router_losses.defined() ? output.router_losses + made.losses : made.losses;
    }
  }
  if (text_) x = normed(x);
  const bool masked = task_mask_.defined() && pass.tasks.defined();
  const at::Tensor mask = masked ? task_mask_.index_select(0, pass.tasks) : pass.outputs;
  HeadOutput head = head_->forward(x, targets, mask, live.head);
  output.features = x;
  output.logits = std::move(head.logits);
  output.all_logits = std::move(head.all_logits);
  output.redundancy = std::move(head.redundancy);
  output.task_loss = std::move(head.loss);
  if (head.routing) output.routings.push_back(*std::move(head.routing));
  return output;
}

void Model::update_routers(const std::vector<Routing>& routings) {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    layers_[i].update_state(routings[i], live.routers[i], live.losses[i]);
}

std::vector<int> Model::experts() const {
  std::vector<int> counts;
  for (const MoeLayer& layer : layers_) counts.push_back(static_cast<int>(layer.experts()));
  if (head_->experts() > 0) counts.push_back(static_cast<int>(head_->experts()));
  return counts;
}

}  // namespace tessera
