// What the CPU's AdamW hands to the code compiled for each instruction set.
#pragma once

#include <cstdint>

namespace tessera::kernels::cpu {

struct AdamWStep {
  double decay;  // weights are multiplied by it first: 1 - rate x weight decay
  double beta1, beta2;
  double rate;  // over 1 - beta1^t
  double root;  // sqrt(1 - beta2^t)
  double epsilon;
};

template <class T>
struct AdamWSpan {  // elements of a weight, its gradient and its moments
  T* weight;
  const T* gradient;
  T* mean;
  T* square;
  std::int64_t size;
};

}  // namespace tessera::kernels::cpu
