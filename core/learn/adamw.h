// AdamW (Loshchilov & Hutter 2019, algorithm 2), fused.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/learn/learn_parameters.h"

namespace tessera {

class AdamW {
 public:
  explicit AdamW(std::vector<at::Tensor> weights);

  // Gradients parallel to the weights; all defined. With clip > 0 they are scaled (in place) so that their common norm
  // is at most clip.
  void step(std::vector<at::Tensor>& gradients, const LearnParameters& parameters);

  // State of the optimiser, parallel to the weights; and the number of steps done, int64 [] on the CPU.
  std::vector<at::Tensor> mean, square;
  at::Tensor steps;

 private:
  std::vector<at::Tensor> weights_;
};

}  // namespace tessera
