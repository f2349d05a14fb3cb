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
    : kind_(kind == "mlp"     ? Kind::mlp
            : kind == "conv"  ? Kind::conv
            : kind == "conv4" ? Kind::conv4
                              : Kind::linear),
      shape_(shape) {
  std::int64_t features = shape.pixels();
  if (kind_ == Kind::mlp) {
    hidden_ = linear("hidden", features, 4 * width, initialiser);
    features = 4 * width;
  }
  std::vector<std::int64_t> channels;
  if (kind_ == Kind::conv) channels = {16, 32};
  if (kind_ == Kind::conv4) channels = {width / 8, width / 4, width / 2, width};
  std::int64_t in = shape.channels, rows = shape.rows, columns = shape.columns;
  for (const std::int64_t out : channels) {
    const std::string name = "conv" + std::to_string(convolutions_.size() + 1);
    convolutions_.push_back(convolution(name, in, out, initialiser));
    in = out;
    rows = halved(rows);
    columns = halved(columns);
    features = in * rows * columns;
  }
  if (kind_ != Kind::conv4) out_ = linear("out", features, width, initialiser);
}

at::Tensor ImageEncoder::forward(const at::Tensor& pixels) const {
  at::Tensor x = pixels;
  if (kind_ == Kind::mlp) x = at::relu(kernels::linear(x, hidden_.weight, hidden_.bias));
  if (!convolutions_.empty()) x = x.view({-1, shape_.channels, shape_.rows, shape_.columns});
  for (const Convolution& of : convolutions_) x = at::relu(at::conv2d(x, of.weight, of.bias, 2, 1));
  if (kind_ == Kind::conv4) return x.mean({2, 3});
  return kernels::linear(x.flatten(1), out_.weight, out_.bias);
}

}  // namespace tessera
