#include "core/moe/tiles.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/linear/op.h"

namespace tessera {

namespace {

constexpr double closed = -std::numeric_limits<double>::infinity();

std::vector<std::int64_t> sizes_of(const TileLayout& layout) {
  std::vector<std::int64_t> sizes;
  for (const auto& tile : layout) sizes.push_back(static_cast<std::int64_t>(tile.size()));
  return sizes;
}

std::int64_t slots_of(const TileLayout& layout) {
  const auto sizes = sizes_of(layout);
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

// [slots, classes]: 1 where a slot is of a class.
at::Tensor classes_of_slots(const TileLayout& layout, std::int64_t classes) {
  at::Tensor made = at::zeros({slots_of(layout), classes}, at::kDouble);
  auto at = made.accessor<double, 2>();
  std::int64_t slot = 0;
  for (const auto& tile : layout) {
    for (const int c : tile) at[slot++][c] = 1;
  }
  return made;
}

}  // namespace

void TileMove::move_beside(const std::vector<Weight>& weights, const std::vector<at::Tensor>& beside) const {
  for (const std::int64_t dimensions : {2, 1}) {
    std::vector<at::Tensor> of_tiles;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i].expert >= 0 && weights[i].value.dim() == dimensions) of_tiles.push_back(beside[i]);
    }
    move(of_tiles);
  }
}

void TileMove::move(const std::vector<at::Tensor>& of_tiles) const {
  const at::NoGradGuard no_grad;
  const std::int64_t dimension = of_tiles.front().dim() - 1;  // that of the slots
  const at::Tensor all = at::cat(of_tiles, dimension);
  const at::Tensor moved = at::matmul(all.to(at::kDouble), slots.to(all.device())).to(all.scalar_type());
  const auto parts = moved.split_with_sizes(sizes, dimension);
  for (std::size_t t = 0; t < of_tiles.size(); ++t) of_tiles[t].set_data(parts[t].contiguous());
}

MosaicHead::MosaicHead(TileLayout layout, std::int64_t width, int classes, int layer, Initialiser& initialiser)
    : classes_(classes) {
  const double bound = linear_bound(width);
  const std::int64_t slots = slots_of(layout);
  weights_ = initialiser.add_for_experts("tiles", "weight", layer, {width, slots}, bound, sizes_of(layout));
  biases_ = initialiser.add_for_experts("tiles", "bias", layer, {slots}, bound, sizes_of(layout));
  set_layout(std::move(layout));
}

void MosaicHead::set_layout(TileLayout layout) {
  layout_ = std::move(layout);
  const auto tiles = static_cast<std::int64_t>(layout_.size());
  const std::vector<std::int64_t> sizes = sizes_of(layout_);
  const at::Tensor own = classes_of_slots(layout_, classes_), owners = own.sum(0);
  at::Tensor share = at::zeros({classes_, tiles}, at::kDouble);
  at::Tensor padded = at::zeros({tiles, *std::max_element(sizes.begin(), sizes.end())}, at::kLong);
  at::Tensor padding = at::full(padded.sizes(), closed, at::kDouble);
  std::int64_t slot = 0;
  for (std::int64_t t = 0; t < tiles; ++t) {
    const std::int64_t size = sizes[static_cast<std::size_t>(t)];
    share.select(1, t).copy_(own.slice(0, slot, slot + size).sum(0) / owners.clamp_min(1));
    padded[t].slice(0, 0, size).copy_(at::arange(slot, slot + size, at::kLong));
    padding[t].slice(0, 0, size).zero_();
    slot += size;
  }
  const auto options = weights_[0].options().requires_grad(false);
  mean_ = (own / owners.clamp_min(1)).to(options);
  share_ = share.to(options);
  padding_ = padding.to(options);
  padded_ = padded.to(options.device());
  never_ = (owners > 0).all().item<bool>() ? at::Tensor() : at::where(owners > 0, 0., closed).to(options);
}

TileMove MosaicHead::lay(const TileLayout& layout) {
  const at::Tensor before = classes_of_slots(layout_, classes_), now = classes_of_slots(layout, classes_);
  const at::Tensor mean = before / before.sum(0).clamp_min(1);  // of a class, over its slots
  TileMove made{at::mm(mean, now.t()), sizes_of(layout)};
  for (const auto* of_tiles : {&weights_, &biases_}) made.move(*of_tiles);
  set_layout(layout);
  return made;
}

std::vector<at::Tensor> MosaicHead::expert_outputs(const at::Tensor& x) const {
  return kernels::linear(x, at::cat(weights_, 1), at::cat(biases_)).split_with_sizes(sizes_of(layout_), 1);
}

HeadOutput MosaicHead::forward(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& mask,
                               const HeadParameters& live) const {
  const bool by_label = live.route_by_label && labels.defined();
  HeadOutput output;
  const at::Tensor slots = kernels::linear(x, at::cat(weights_, 1), at::cat(biases_));
  output.all_logits = output.logits = at::mm(slots, mean_);
  if (never_.defined()) output.all_logits = output.logits = output.logits + never_;
  if (mask.defined()) output.logits = output.logits + mask;
  if (labels.defined()) {
    output.loss =
        by_label ? loss_by_label(slots, output.logits, labels) : at::cross_entropy_loss(output.logits, labels);
  }
  const at::NoGradGuard no_grad;
  Routing routing;
  routing.scores = at::mm(at::softmax(output.logits, 1), share_);
  routing.alpha = by_label ? share_.index_select(0, labels) : routing.scores;
  output.routing = std::move(routing);
  return output;
}

// mean over samples of sum_t share(y, t) (logsumexp of tile t's logits) - (mean logit of y)
at::Tensor MosaicHead::loss_by_label(const at::Tensor& slots, const at::Tensor& logits,
                                     const at::Tensor& labels) const {
  const at::Tensor by_tile = slots.index_select(1, padded_.flatten()).view({slots.size(0), padded_.size(0), -1});
  const at::Tensor normaliser = at::logsumexp(by_tile + padding_, 2);  // [samples, tiles]
  const at::Tensor wanted = logits.gather(1, labels.unsqueeze(1)).squeeze(1);
  return ((normaliser * share_.index_select(0, labels)).sum(1) - wanted).mean();
}

}  // namespace tessera
