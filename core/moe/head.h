// From features to classes: one linear map, a mosaic of tiles, or linear experts behind a soft router.
#pragma once

#include <optional>

#include "core/data/tile_layout.h"
#include "core/moe/head_parameters.h"
#include "core/moe/routing.h"
#include "core/moe/weights.h"

namespace tessera {

struct HeadOutput {
  at::Tensor logits;               // [samples, classes]; where tiles overlap, the mean of theirs; with the mask
  at::Tensor all_logits;           // the same without the mask
  at::Tensor loss;                 // scalar, mean over the samples; undefined without labels
  at::Tensor redundancy;           // scalar: coefficient x value, of linear experts; undefined when off
  std::optional<Routing> routing;  // samples to tiles or experts; a linear map has none
};

// How the slots of a mosaic move when its layout changes; a slot is a class of a tile, tiles one after another.
struct TileMove {
  at::Tensor slots;                 // double [slots before, slots now]: of each now, the shares of those before
  std::vector<std::int64_t> sizes;  // slots of each tile now

  // Moves the tiles' part, [width, slots of each] and [slots of each], of what lies beside a model's weights, in their
  // order; shapes change in place.
  void move_beside(const std::vector<Weight>& weights, const std::vector<at::Tensor>& beside) const;
  void move(const std::vector<at::Tensor>& of_tiles) const;  // a tensor each, in their order
};

class Head {
 public:
  virtual ~Head() = default;
  // x: [samples, width]; labels: int64 [samples], undefined while testing, when nothing may know them; mask: [samples,
  // classes] or [1, classes], added to the logits (-inf: not to be answered), undefined: none.
  // live: of the parameters, those that need no rebuild count.
  virtual HeadOutput forward(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& mask,
                             const HeadParameters& live) const = 0;
  virtual TileLayout tiles() const { return {}; }
  // What each tile or linear expert makes of x by itself: [samples, its classes].
  virtual std::vector<at::Tensor> expert_outputs(const at::Tensor& /*x*/) const { return {}; }
  // Of a mosaic: another layout, of as many tiles. Each class takes its weights along, the mean of them where it had
  // several tiles. What was done to the weights is for whoever keeps something beside each of them to do, too.
  virtual TileMove lay(const TileLayout&) { return {}; }
  virtual std::int64_t experts() const { return 0; }  // tiles, or linear experts
};

// tiles: of a mosaic head; layer: the number that its tiles get as a routed layer.
std::unique_ptr<Head> make_head(const HeadParameters& parameters, TileLayout tiles, std::int64_t width, int classes,
                                int layer, Initialiser& initialiser);

}  // namespace tessera
