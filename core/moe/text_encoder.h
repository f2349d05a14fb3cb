// From token ids to features: a vector for each id, and one for each place in the sequence.
#pragma once

#include "core/moe/encoder.h"

namespace tessera {

class TextEncoder : public Encoder {
 public:
  // Both start as U(-1/sqrt(width), 1/sqrt(width)).
  TextEncoder(const InputShape& shape, std::int64_t width, Initialiser& initialiser);

  at::Tensor forward(const at::Tensor& ids) const override;

 private:
  at::Tensor tokens_, positions_;  // [vocabulary, width], [sequence_length, width]
};

}  // namespace tessera
