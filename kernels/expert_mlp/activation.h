// What an expert's hidden layer applies.
#pragma once

namespace tessera::kernels {

enum class Activation {
  relu,
  gelu,  // exact, x Phi(x) with the error function, as torch.nn.GELU() is by default
  silu,
};

}  // namespace tessera::kernels
