// What a routed layer did over several steps: the sums that load, overlap, routing and co-activation are made of.
#pragma once

#include <ATen/core/Tensor.h>

namespace tessera {

class RoutingWindow {
 public:
  RoutingWindow(std::int64_t experts, std::int64_t classes, at::Device device);

  // alpha: [T, E], labels: int64 [T]. Costs no answer from the device.
  void add(const at::Tensor& alpha, const at::Tensor& labels);
  // The same in plain ATen calls; what add() does on a GPU.
  void add_by_aten(const at::Tensor& alpha, const at::Tensor& labels);

  // double, on the device; see LayerObservation. Sums since the last clear_*().
  at::Tensor load;              // [E]
  at::Tensor routed, together;  // [E, C], [E, E]

  void clear_load() { load.zero_(); }
  void clear_maps() {
    routed.zero_();
    together.zero_();
  }
};

}  // namespace tessera
