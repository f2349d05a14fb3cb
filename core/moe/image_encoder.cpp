#include "core/moe/image_encoder.h"

#include <ATen/ATen.h>

#include "kernels/linear/op.h"

namespace tessera {
namespace {

std::int64_t halved(std::int64_t side) { return (side + 1) / 2; }  // by a 3 x 3 convolution of stride 2, padding 1

}  // namespace

ImageEncoder::Linear ImageEncoder::linear(const std::string& name, std::int64_t in, std::int64_t out,
                                          Initialiser& initialiser) {
  return {initialiser.add("encoder." + name + ".weight", Scope::encoder, -1, {in, out}, linear_bound(in)),
          initialiser.add("encoder." + name + ".bias", Scope::encoder, -1, {out}, linear_bound(in))};
}

ImageEncoder::Convolution ImageEncoder::convolution(const std::string& name, std::int64_t in, std::int64_t out,
                                                    Initialiser& initialiser) {
  return {initialiser.add("encoder." + name + ".weight", Scope::encoder, -1, {out, in, 3, 3}, linear_bound(9 * in)),
          initialiser.add("encoder." + name + ".bias", Scope::encoder, -1, {out}, linear_bound(9 * in))};
}

ImageEncoder::ImageEncoder(const std::string& kind, const InputShape& shape, std::int64_t width,
                           Initialiser& initialiser)
    : kind_(kind == "mlp"    ? Kind::mlp
            : kind == "conv" ? Kind::conv
                             : Kind::linear),
      rows_(shape.rows),
      columns_(shape.columns) {
  std::int64_t features = rows_ * columns_;
  if (kind_ == Kind::mlp) {
    hidden_ = linear("hidden", features, 4 * width, initialiser);
    features = 4 * width;
  }
  if (kind_ == Kind::conv) {
    conv1_ = convolution("conv1", 1, 16, initialiser);
    conv2_ = convolution("conv2", 16, 32, initialiser);
    features = 32 * halved(halved(rows_)) * halved(halved(columns_));
  }
  out_ = linear("out", features, width, initialiser);
}

at::Tensor ImageEncoder::forward(const at::Tensor& pixels) const {
  at::Tensor x = pixels;
  if (kind_ == Kind::mlp) x = at::relu(kernels::linear(x, hidden_.weight, hidden_.bias));
  if (kind_ == Kind::conv) {
    x = x.view({-1, 1, rows_, columns_});
    x = at::relu(at::conv2d(x, conv1_.weight, conv1_.bias, 2, 1));
    x = at::relu(at::conv2d(x, conv2_.weight, conv2_.bias, 2, 1)).flatten(1);
  }
  return kernels::linear(x, out_.weight, out_.bias);
}

}  // namespace tessera
