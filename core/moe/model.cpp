#include "core/moe/model.h"

#include <torch/torch.h>

namespace tessera {

Model::Model(const ModelParts& parts, const InputShape& shape, int outputs, std::int64_t seed,
             at::TensorOptions options)
    : live(parts.live), norm_(parts.outline.norm == "layer_norm"), text_(shape.is_text()) {
  const std::int64_t width = parts.outline.width;
  const int depth = static_cast<int>(parts.outline.depth);
  Initialiser initialiser(seed, options);
  encoder_ = make_encoder(parts.outline.encoder, shape, width, initialiser);
  for (int i = 0; i < depth; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (text_) mixers_.emplace_back(i, width, parts.outline.heads, initialiser);
    layers_.emplace_back(i, width, parts.experts[at], parts.live.routers[at], initialiser);
  }
  head_ = make_head(parts.head, width, outputs, depth, initialiser);
  weights_ = std::move(initialiser.weights);
  states_ = std::move(initialiser.states);
}

at::Tensor Model::normed(const at::Tensor& x) const { return norm_ ? at::layer_norm(x, {x.size(1)}) : x; }

ModelOutput Model::forward(const at::Tensor& inputs, const at::Tensor& targets, const PassKind& pass) const {
  ModelOutput output;
  TokenContext context;
  context.training = pass.training;
  context.noise = pass.noise;
  if (text_) {
    context.ids = inputs.flatten();
    context.sequence_length = inputs.size(1);
  }
  at::Tensor x = encoder_->forward(inputs);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (text_) x = x + mixers_[i].forward(normed(x), context.sequence_length);
    MoeLayer::Output made = layers_[i].forward(x, normed(x), live.routers[i], live.losses[i], context);
    x = std::move(made.y);
    output.routings.push_back(std::move(made.routing));
    if (made.losses.defined()) {
      output.router_losses = output.router_losses.defined() ? output.router_losses + made.losses : made.losses;
    }
  }
  if (text_) x = normed(x);
  HeadOutput head = head_->forward(x, targets, live.route_by_label);
  output.logits = std::move(head.logits);
  output.task_loss = std::move(head.loss);
  if (head.routing) output.routings.push_back(*std::move(head.routing));
  return output;
}

void Model::learned(const std::vector<Routing>& routings) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i].learned(routings[i], live.routers[i], live.losses[i]);
}

std::vector<int> Model::experts() const {
  std::vector<int> counts;
  for (const MoeLayer& layer : layers_) counts.push_back(static_cast<int>(layer.experts()));
  if (const auto layout = head_->tiles(); !layout.empty()) counts.push_back(static_cast<int>(layout.size()));
  return counts;
}

}  // namespace tessera
