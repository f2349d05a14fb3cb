#include "core/moe/tiles.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>

#include "kernels/linear/op.h"

namespace tessera {

MosaicHead::MosaicHead(TileLayout layout, std::int64_t width, int classes, int layer, Initialiser& initialiser)
    : layout_(std::move(layout)) {
  const auto tiles = static_cast<std::int64_t>(layout_.size());
  std::int64_t slots = 0;
  std::size_t largest = 0;
  std::vector<double> owners(static_cast<std::size_t>(classes), 0);
  for (const auto& tile : layout_) {
    slots += static_cast<std::int64_t>(tile.size());
    largest = std::max(largest, tile.size());
    for (const int c : tile) owners[static_cast<std::size_t>(c)] += 1;
  }

  const double bound = linear_bound(width);
  std::vector<std::int64_t> sizes;
  for (const auto& tile : layout_) sizes.push_back(static_cast<std::int64_t>(tile.size()));
  weights_ = initialiser.add_for_experts("tiles", "weight", layer, {width, slots}, bound, sizes);
  biases_ = initialiser.add_for_experts("tiles", "bias", layer, {slots}, bound, sizes);

  at::Tensor mean = at::zeros({slots, classes}, at::kDouble), share = at::zeros({classes, tiles}, at::kDouble);
  at::Tensor padded = at::zeros({tiles, static_cast<std::int64_t>(largest)}, at::kLong);
  at::Tensor padding = at::full(padded.sizes(), -std::numeric_limits<double>::infinity(), at::kDouble);
  auto mean_at = mean.accessor<double, 2>(), share_at = share.accessor<double, 2>();
  auto padded_at = padded.accessor<std::int64_t, 2>();
  auto padding_at = padding.accessor<double, 2>();
  std::int64_t slot = 0;
  for (std::int64_t t = 0; t < tiles; ++t) {
    std::int64_t place = 0;
    for (const int c : layout_[static_cast<std::size_t>(t)]) {
      mean_at[slot][c] = share_at[c][t] = 1 / owners[static_cast<std::size_t>(c)];
      padded_at[t][place] = slot++;
      padding_at[t][place++] = 0;
    }
  }
  const auto options = weights_[0].options().requires_grad(false);
  mean_ = mean.to(options);
  share_ = share.to(options);
  padding_ = padding.to(options);
  padded_ = padded.to(options.device());
}

HeadOutput MosaicHead::forward(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& mask,
                               const HeadParameters& live) const {
  const bool by_label = live.route_by_label && labels.defined();
  HeadOutput output;
  const at::Tensor slots = kernels::linear(x, at::cat(weights_, 1), at::cat(biases_));
  output.all_logits = output.logits = at::mm(slots, mean_);
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
