// What is known of the tokens of a pass, beside their features: for routers that look at more.
#pragma once

#include <ATen/core/Tensor.h>

namespace tessera {

struct TokenContext {
  at::Tensor ids;                    // int64 [tokens]; undefined for images
  std::int64_t sequence_length = 1;  // tokens come sequence by sequence, of so many each; an image is one of 1
  bool training = false;             // a training step; not while testing or measuring
};

}  // namespace tessera
