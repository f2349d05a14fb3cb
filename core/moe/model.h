// The model: encoder, residual MoE layers, head.
#pragma once

#include <memory>

#include "core/moe/encoder.h"
#include "core/moe/head.h"
#include "core/moe/model_parameters.h"
#include "core/moe/moe_layer.h"

namespace tessera {

// What may change between two steps.
struct LiveModelParameters {
  std::vector<RouterParameters> routers;     // one a MoE layer
  std::vector<RouterLossParameters> losses;  // one a MoE layer
  bool route_by_label = false;
};

struct ModelParts {
  ModelParameters outline;
  std::vector<ExpertParameters> experts;  // one a MoE layer
  HeadParameters head;
  LiveModelParameters live;
};

struct ModelOutput {
  at::Tensor logits;         // [samples, classes]
  at::Tensor task_loss;      // scalar; undefined without labels
  at::Tensor router_losses;  // [router_loss_count]: see router_losses.h, summed over the layers; undefined when none is
                             // on, or without gradients
  std::vector<Routing> routings;  // of each routed layer: the MoE layers, then the tiles of a mosaic head
};

struct PassKind {
  bool training = false;    // a training step; not while testing or measuring
  std::uint64_t noise = 0;  // seed of what is random in it
};

class Model {
 public:
  // Images of rows x columns pixels. Each weight starts from a generator of its own; options: dtype and device.
  Model(const ModelParts& parts, int rows, int columns, int classes, std::int64_t seed, at::TensorOptions options);

  // pixels: [samples, rows * columns]; labels: int64 [samples], undefined while testing.
  ModelOutput forward(const at::Tensor& pixels, const at::Tensor& labels, const PassKind& pass = {}) const;

  // What the router of an MoE layer makes of logits, [T, E] (core/moe/route.h), as in a pass that is no training step.
  Routed route(std::size_t layer, const at::Tensor& logits) const {
    return layers_[layer].route(logits, live.routers[layer]);
  }

  // After a training step with these routings: what routers remember moves.
  void learned(const std::vector<Routing>& routings) const;

  LiveModelParameters live;

  const std::vector<Weight>& weights() const { return weights_; }
  const std::vector<ModelState>& states() const { return states_; }  // what lasts besides them
  int moe_layers() const { return static_cast<int>(layers_.size()); }
  std::vector<int> experts() const;  // of each routed layer, tiles included
  TileLayout tiles() const { return head_->tiles(); }

 private:
  bool norm_;
  std::unique_ptr<Encoder> encoder_;
  std::vector<MoeLayer> layers_;
  std::unique_ptr<Head> head_;
  std::vector<Weight> weights_;
  std::vector<ModelState> states_;
};

}  // namespace tessera
