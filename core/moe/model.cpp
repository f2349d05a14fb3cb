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
    const ExpertParameters& experts = parts.experts[static_cast<std::size_t>(i)];
    Router router(i, width, experts.count, initialiser);
    layers_.push_back({std::move(router), ExpertBank(i, width, experts, initialiser)});
  }
  head_ = make_head(parts.head, width, classes, depth, initialiser);
  weights_ = std::move(initialiser.weights);
}

ModelOutput Model::forward(const at::Tensor& pixels, const at::Tensor& labels) const {
  ModelOutput output;
  at::Tensor x = encoder_->forward(pixels);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const at::Tensor input = norm_ ? at::layer_norm(x, {x.size(1)}) : x;
    output.routings.push_back(layers_[i].router.route(input, live.routers[i]));
    x = x + layers_[i].experts.forward(input, output.routings.back());
  }
  HeadOutput head = head_->forward(x, labels, live.route_by_label);
  output.logits = std::move(head.logits);
  output.task_loss = std::move(head.loss);
  if (head.routing) output.routings.push_back(*std::move(head.routing));
  return output;
}

std::vector<int> Model::experts() const {
  std::vector<int> counts;
  for (const Layer& layer : layers_) counts.push_back(static_cast<int>(layer.experts.count()));
  if (const auto layout = head_->tiles(); !layout.empty()) counts.push_back(static_cast<int>(layout.size()));
  return counts;
}

}  // namespace tessera
