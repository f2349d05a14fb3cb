// The model: encoder, then residual MoE layers, before each of which the tokens of a text see each other, then a head.
#pragma once

#include <memory>

#include "core/moe/attention.h"
#include "core/moe/encoder.h"
#include "core/moe/head.h"
#include "core/moe/model_parameters.h"
#include "core/moe/moe_layer.h"

namespace tessera {

// What may change between two steps.
struct LiveModelParameters {
  std::vector<RouterParameters> routers;      // one a MoE layer
  std::vector<RouterLossParameters> losses;   // one a MoE layer
  std::vector<SubspaceParameters> subspaces;  // one a MoE layer
  HeadParameters head;
  bool encoded = false;  // inputs are what encode() made of them
};

struct ModelParts {
  ModelParameters outline;
  std::vector<ExpertParameters> experts;  // one a MoE layer
  HeadParameters head;
  TileLayout tiles;  // of a mosaic head
  LiveModelParameters live;
  std::int64_t tasks = 1;                         // that samples are of
  std::vector<std::pair<int, int>> task_outputs;  // of each task, those from first to below second; empty: all of all
};

struct ModelOutput {
  at::Tensor features;       // [tokens, width]: what the head was given
  at::Tensor logits;         // [tokens, outputs]; -inf for outputs that aren't the token's task's
  at::Tensor all_logits;     // the same without what PassKind::outputs and tasks' own outputs leave out
  at::Tensor redundancy;     // scalar: of a head of linear experts, coefficient x value; undefined when off
  at::Tensor task_loss;      // scalar; undefined without targets
  at::Tensor router_losses;  // [router_loss_count]: see router_losses.h, summed over the layers; undefined when none is
                             // on, or without gradients
  std::vector<SubspaceTaps> taps;  // of each MoE layer; empty without subspaces
  std::vector<Routing> routings;   // of each routed layer: the MoE layers, then the tiles of a mosaic head
};

struct PassKind {
  bool training = false;    // a training step; not while testing or measuring
  std::uint64_t noise = 0;  // seed of what is random in it
  at::Tensor tasks{};       // int64 [tokens]: the task that each is of; undefined: there is one
  at::Tensor outputs{};     // [1, outputs], added to the logits; undefined: all outputs compete
  bool blind = false;       // routers and features don't know the task; which outputs are its own is known
};

class Model {
 public:
  // outputs: what the head tells apart. Each weight starts from a generator of its own; options: dtype and device.
  Model(const ModelParts& parts, const InputShape& shape, int outputs, std::int64_t seed, at::TensorOptions options);

  // inputs: see encoder.h; a token is an image or a byte of text. targets: int64 [tokens], below `outputs`, undefined
  // while testing.
  ModelOutput forward(const at::Tensor& inputs, const at::Tensor& targets, const PassKind& pass = {}) const;

  // What the encoder makes of inputs, [tokens, width].
  at::Tensor encode(const at::Tensor& inputs) const { return encoder_->forward(inputs); }

  // The head alone; see head.h. outputs: as PassKind has them.
  HeadOutput head(const at::Tensor& features, const at::Tensor& targets, const at::Tensor& outputs) const {
    return head_->forward(features, targets, outputs, live.head);
  }
  std::vector<at::Tensor> expert_outputs(const at::Tensor& features) const { return head_->expert_outputs(features); }

  // What the router of an MoE layer makes of logits, [T, E] (core/moe/route.h), as in a pass that is no training step.
  RouteOutput route(std::size_t layer, const at::Tensor& logits) const {
    return layers_[layer].route(logits, live.routers[layer]);
  }

  // Of an MoE layer, [experts]: what counts in its selection alone; undefined where none is in force.
  at::Tensor selection_bias(std::size_t layer) const { return layers_[layer].selection_bias(live.routers[layer]); }

  // After a training step with these routings: what routers remember moves.
  void update_routers(const std::vector<Routing>& routings);

  LiveModelParameters live;

  std::int64_t width() const { return width_; }           // of features
  at::TensorOptions options() const { return options_; }  // dtype and device
  const std::vector<Weight>& weights() const { return weights_; }
  const std::vector<ModelState>& states() const { return states_; }  // what lasts besides them
  int moe_layers() const { return static_cast<int>(layers_.size()); }
  const SubspaceBank* subspaces(std::size_t layer) const { return layers_[layer].subspaces(); }  // null: none
  std::vector<int> experts() const;  // of each routed layer, tiles included
  TileLayout tiles() const { return head_->tiles(); }
  TileMove lay_tiles(const TileLayout& tiles) { return head_->lay(tiles); }  // see head.h
  std::int64_t head_experts() const { return head_->experts(); }             // tiles, or linear experts

 private:
  at::Tensor normed(const at::Tensor& x) const;

  at::TensorOptions options_;
  std::int64_t width_;
  bool norm_;
  bool text_;
  std::int64_t tasks_;
  std::unique_ptr<Encoder> encoder_;
  at::Tensor task_embedding_;          // [tasks, width]; undefined: none
  at::Tensor task_mask_;               // [tasks, outputs], 0 or -inf; undefined: all outputs are of all tasks
  std::vector<Attention> attentions_;  // one a MoE layer, or none for images: a sample is one token
  std::vector<MoeLayer> layers_;
  std::unique_ptr<Head> head_;
  std::vector<Weight> weights_;
  std::vector<ModelState> states_;
};

}  // namespace tessera
