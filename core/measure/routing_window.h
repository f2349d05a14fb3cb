// What a routed layer did over several steps: the sums that load, overlap, routing and co-activation are made of.
#pragma once

#include "core/measure/window_sum.h"

namespace tessera {

class RoutingWindow {
 public:
  RoutingWindow(std::int64_t experts, std::int64_t classes, at::Device device);

  // alpha: [T, E], labels: int64 [T]. Costs no answer from the device.
  void add(const at::Tensor& alpha, const at::Tensor& labels);
  // The same in plain ATen calls; what add() does on a GPU.
  void add_by_aten(const at::Tensor& alpha, const at::Tensor& labels);

  // double, on the device; see LayerObservation
  WindowSum load;              // [E]
  WindowSum routed, together;  // [E, C], [E, E]
};

}  // namespace tessera
