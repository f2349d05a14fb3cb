#include "core/moe/model.h"

#include <torch/torch.h>

namespace tessera {

Model::Model(const ModelParts& parts, int rows, int columns, int classes, std::int64_t seed, at::TensorOptions options)
    : live(parts.live), norm_(parts.outline.norm == "layer_norm") {
  const std::int64_t width = parts.outline.width;
  const int depth = static_cast<int>(parts.outline.depth);
  Initialiser initialiser(seed, options);
  encoder_ = std::make_unique<Encoder>(parts.outline.encoder, rows, columns, width, initialiser);
  for (int i = 0; i < depth; ++i) {
    const auto at = static_cast<std::size_t>(i);
    layers_.emplace_back(i, width, parts.experts[at], parts.live.routers[at], initialiser);
  }
  head_ = make_head(parts.head, width, classes, depth, initialiser);
  weights_ = std::move(initialiser.weights);
  states_ = std::move(initialiser.states);
}

ModelOutput Model::forward(const at::Tensor& pixels, const at::Tensor& labels, const PassKind& pass) const {
  ModelOutput output;
  TokenContext context;
  context.training = pass.training;
  context.noise = pass.noise;
  at::Tensor x = encoder_->forward(pixels);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const at::Tensor input = norm_ ? at::layer_norm(x, {x.size(1)}) : x;
    MoeLayer::Output made = layers_[i].forward(x, input, live.routers[i], live.losses[i], context);
    x = std::move(made.y);
    output.routings.push_back(std::move(made.routing));
    if (made.losses.defined()) {
      output.router_losses = output.router_losses.defined() ? output.router_losses + made.losses : made.losses;
    }
  }
  HeadOutput head = head_->forward(x, labels, live.route_by_label);
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
