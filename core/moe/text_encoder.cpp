#include "core/moe/text_encoder.h"

#include <ATen/ATen.h>

namespace tessera {

TextEncoder::TextEncoder(const InputShape& shape, std::int64_t width, Initialiser& initialiser) {
  const double bound = linear_bound(width);
  tokens_ = initialiser.add("encoder.tokens", Scope::encoder, -1, {shape.vocabulary, width}, bound);
  positions_ = initialiser.add("encoder.positions", Scope::encoder, -1, {shape.sequence_length, width}, bound);
}

at::Tensor TextEncoder::forward(const at::Tensor& ids) const {
  return (at::embedding(tokens_, ids) + positions_.slice(0, 0, ids.size(1))).flatten(0, 1);
}

}  // namespace tessera
