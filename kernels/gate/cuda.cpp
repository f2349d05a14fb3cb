// The gate on a GPU: by ATen calls.
#include <ATen/ATen.h>
#include <torch/library.h>

#include "kernels/gate/detail.h"

namespace tessera::kernels {

TORCH_LIBRARY_IMPL(tessera, CUDA, m) {
  m.impl("gate", gate_registered<reference::gate>);
  m.impl("gate_backward", gate_backward_registered<reference::gate_backward>);
}

}  // namespace tessera::kernels
