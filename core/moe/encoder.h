// From inputs to features.
#pragma once

#include <memory>
#include <string>

#include "core/moe/input_shape.h"
#include "core/moe/weights.h"

namespace tessera {

class Encoder {
 public:
  virtual ~Encoder() = default;
  // inputs: [samples, channels * rows * columns] pixels, or int64 [sequences, length] token ids, length up to
  // sequence_length; features [tokens, width], an image being one token
  virtual at::Tensor forward(const at::Tensor& inputs) const = 0;
};

// kind: that of an image encoder (image_encoder.h); text has one kind only.
std::unique_ptr<Encoder> make_encoder(const std::string& kind, const InputShape& shape, std::int64_t width,
                                      Initialiser& initialiser);

}  // namespace tessera
