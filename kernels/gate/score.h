// How a router's logits become scores.
#pragma once

namespace tessera::kernels {

enum class Score {
  softmax,
  sigmoid,
  sparsemax,  // Martins & Astudillo 2016, algorithm 1
  entmax15,   // alpha-entmax with alpha = 1.5, by sorting (Peters, Niculae & Martins 2019, algorithm 2)
};

}  // namespace tessera::kernels
