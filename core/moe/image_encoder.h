// From pixels to features.
#pragma once

#include "core/moe/encoder.h"

namespace tessera {

class ImageEncoder : public Encoder {
 public:
  // kind: linear, mlp (hidden layer of 4 x width, ReLU), conv (3 x 3, stride 2, 16 then 32 channels, ReLU, linear) or
  // conv4 (3 x 3, stride 2, width / 8, width / 4, width / 2, then width channels, ReLU, their means over what is left
  // of the image; width is a multiple of 8).
  ImageEncoder(const std::string& kind, const InputShape& shape, std::int64_t width, Initialiser& initialiser);

  at::Tensor forward(const at::Tensor& pixels) const override;

 private:
  enum class Kind { linear, mlp, conv, conv4 } kind_;
  InputShape shape_;
  struct Linear {
    at::Tensor weight, bias;  // [in, out], [out]
  };
  static Linear linear(const std::string& name, std::int64_t in, std::int64_t out, Initialiser& initialiser);
  struct Convolution {
    at::Tensor weight, bias;  // [out, in, 3, 3], [out]
  };
  static Convolution convolution(const std::string& name, std::int64_t in, std::int64_t out, Initialiser& initialiser);

  std::vector<Convolution> convolutions_;
  Linear hidden_, out_;
};

}  // namespace tessera
