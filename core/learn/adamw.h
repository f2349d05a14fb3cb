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
  // is at most clip. rates: what the rate of each is multiplied by; a weight with 0 stays as it is, with its moments,
  // and is left out of the norm. Empty: 1 for all.
  void step(std::vector<at::Tensor>& gradients, const LearnParameters& parameters,
            const std::vector<double>& rates = {});
  void forget(std::size_t weight);  // its moments

  // State of the optimiser, parallel to the weights; and the number of steps done, int64 [] on the CPU.
  std::vector<at::Tensor> mean, square;
  at::Tensor steps;

 private:
  static void clip(const std::vector<at::Tensor>& gradients, const LearnParameters& parameters);
  void move(const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& gradients,
            const std::vector<at::Tensor>& means, const std::vector<at::Tensor>& squares,
            const LearnParameters& parameters, double rate) const;

  std::vector<at::Tensor> weights_;
};

}  // namespace tessera
