// A sum over the steps since a metric's last point, together with that of the window before: a run's last point mostly
// comes early, and would else be of a few steps only.
#pragma once

#include <ATen/core/Tensor.h>

namespace tessera {

struct WindowSum {
  at::Tensor now, before;

  WindowSum() = default;
  explicit WindowSum(const at::Tensor& zeros) : now(zeros), before(zeros.clone()) {}

  void roll() {  // after a point
    before.copy_(now);
    now.zero_();
  }
  // A regular point's sum, or at the end of a run, between two of them, that of the last whole window and what came
  // since.
  at::Tensor sum(bool whole) const { return whole ? now : now + before; }
};

}  // namespace tessera
