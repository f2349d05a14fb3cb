// What a routed layer did over several steps: the sums that load, overlap, routing and co-activation are made of.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/measure/window_sum.h"

namespace tessera {

// How many labels of each kind there are; 0 of those that a task doesn't have.
struct LabelCounts {
  std::int64_t classes = 0, token_classes = 0, vocabulary = 0;
};
struct TokenLabels {
  at::Tensor classes, token_classes, ids;  // int64 [T]; the latter two undefined where there are none
};

class RoutingWindow {
 public:
  RoutingWindow(std::int64_t experts, const LabelCounts& counts, at::Device device);

  // alpha: [T, E]. Costs no answer from the device.
  void add(const at::Tensor& alpha, const TokenLabels& labels);
  // The same in plain ATen calls; what add() does on a GPU.
  void add_by_aten(const at::Tensor& alpha, const TokenLabels& labels);

  // double, on the device; see LayerObservation
  WindowSum load;                   // [E]
  WindowSum routed, together;       // [E, C], [E, E]
  WindowSum routed_by_token_class;  // [E, token classes]
  WindowSum chosen_by_id;           // [E, vocabulary]
  WindowSum occurrences;            // [vocabulary]

  // All but load, which the curves are made of: what the heatmaps are. The same tensors, with names.
  std::vector<std::pair<std::string, WindowSum>> maps() const;
};

}  // namespace tessera
