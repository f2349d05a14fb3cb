// The mosaic head: each tile is a small linear expert that emits the logits of its own classes only.
#pragma once

#include "core/moe/head.h"

namespace tessera {

// Notation: tile t has the classes C_t; m_c is the number of tiles that have class c, at least 1.
//
// Logits of a class are the mean of those of its tiles. The loss is their cross entropy; routed by label it is, for a
// sample of class y, the mean over the tiles that have y of the cross entropy among that tile's classes.
//
// Routing: scores are each tile's part of the probability, sum_{c in C_t} softmax(logits)_c / m_c. alpha is the same,
// or, routed by label, 1 / m_y for the tiles that have y.
class MosaicHead : public Head {
 public:
  // Classes that no tile has are never answered: their logit is -infinity.
  MosaicHead(TileLayout layout, std::int64_t width, int classes, int layer, Initialiser& initialiser);

  HeadOutput forward(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& mask,
                     const HeadParameters& live) const override;
  std::int64_t experts() const override { return static_cast<std::int64_t>(layout_.size()); }
  TileLayout tiles() const override { return layout_; }
  std::vector<at::Tensor> expert_outputs(const at::Tensor& x) const override;
  TileMove lay(const TileLayout& layout) override;

 private:
  void set_layout(TileLayout layout);
  at::Tensor loss_by_label(const at::Tensor& slots, const at::Tensor& logits, const at::Tensor& labels) const;

  TileLayout layout_;
  std::int64_t classes_;
  // A slot is a class of a tile; tiles one after another.
  std::vector<at::Tensor> weights_, biases_;  // of each tile: [width, its slots], [its slots]
  at::Tensor mean_;                           // [slots, classes]: slots to the mean logit of each class
  at::Tensor share_;                          // [classes, tiles]: 1 / m_c for the tiles that have the class
  at::Tensor padded_;                         // int64 [tiles, largest tile]: its slots, filled up with slot 0
  at::Tensor padding_;                        // [tiles, largest tile]: 0 for its slots, -infinity for the filling
  at::Tensor never_;                          // [classes]: -infinity for those without a tile; undefined: there is none
};

}  // namespace tessera
