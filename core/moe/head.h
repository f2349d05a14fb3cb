// From features to classes: one linear map, or a mosaic of tiles.
#pragma once

#include <optional>

#include "core/data/tile_layout.h"
#include "core/moe/head_parameters.h"
#include "core/moe/routing.h"
#include "core/moe/weights.h"

namespace tessera {

struct HeadOutput {
  at::Tensor logits;               // [samples, classes]; where tiles overlap, the mean of theirs
  at::Tensor loss;                 // scalar, mean over the samples; undefined without labels
  std::optional<Routing> routing;  // samples to tiles; of a mosaic only
};

class Head {
 public:
  virtual ~Head() = default;
  // x: [samples, width]; labels: int64 [samples], undefined while testing, when nothing may know them; mask: [samples,
  // classes] or [1, classes], added to the logits (-inf: not to be answered), undefined: none.
  virtual HeadOutput forward(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& mask,
                             bool route_by_label) const = 0;
  virtual TileLayout tiles() const { return {}; }
};

// layer: the number that the tiles get as a routed layer.
std::unique_ptr<Head> make_head(const HeadParameters& parameters, std::int64_t width, int classes, int layer,
                                Initialiser& initialiser);

}  // namespace tessera
