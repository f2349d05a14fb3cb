#include "core/moe/head.h"

#include <ATen/ATen.h>

#include "core/moe/linear_experts.h"
#include "core/moe/tiles.h"
#include "kernels/linear/op.h"

namespace tessera {
namespace {

class LinearHead : public Head {
 public:
  LinearHead(std::int64_t width, int classes, Initialiser& initialiser) {
    const double bound = linear_bound(width);
    weight_ = initialiser.add("head.weight", Scope::head, -1, {width, classes}, bound);
    bias_ = initialiser.add("head.bias", Scope::head, -1, {classes}, bound);
  }

  HeadOutput forward(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& mask,
                     const HeadParameters&) const override {
    HeadOutput output;
    output.all_logits = output.logits = kernels::linear(x, weight_, bias_);
    if (mask.defined()) output.logits = output.logits + mask;
    if (labels.defined()) output.loss = at::cross_entropy_loss(output.logits, labels);
    return output;
  }

 private:
  at::Tensor weight_, bias_;  // [width, classes], [classes]
};

}  // namespace

std::unique_ptr<Head> make_head(const HeadParameters& parameters, TileLayout tiles, std::int64_t width, int classes,
                                int layer, Initialiser& initialiser) {
  if (parameters.kind == "experts") {
    return std::make_unique<LinearExperts>(parameters, width, classes, layer, initialiser);
  }
  if (parameters.kind != "tiles") return std::make_unique<LinearHead>(width, classes, initialiser);
  return std::make_unique<MosaicHead>(std::move(tiles), width, classes, layer, initialiser);
}

}  // namespace tessera
