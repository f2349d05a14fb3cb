// What a router makes of one token: scores and weights as bars, figures, and the slopes by the logits as heatmaps.
#pragma once

#include <string>
#include <vector>

#include "app/panels/heatmap.h"
#include "app/panels/panel.h"
#include "app/panels/pointed.h"
#include "core/lab/route_question.h"
#include "imgui.h"

namespace tessera {

// The same for all routers that stand side by side, so that they can be compared.
struct RouteScale {
  double score = 0, weight = 0;              // the largest magnitudes
  double score_slope = 0, weight_slope = 0;  // likewise
  void include(const RouteAnswer&);          // of one token
};

enum class RoutePart { bars, scores, weights };

// Draws one answer into a column: all of it where there is room, else the part that was chosen.
class RouteView {
 public:
  // Whether columns of this size have room for all parts.
  static bool fits(ImVec2 size);
  // pointed: has the expert (or logit) to be marked, and is told the one under the pointer. Items: "##bars",
  // "##scores",
  // "##weights".
  void draw(const RouteAnswer&, const RouteScale&, RoutePart, ImVec2 size, Pointed& pointed, const PanelContext&);

 private:
  void slopes(const RouteAnswer&, const RouteScale&, RoutePart, ImVec2 size, Pointed& pointed, const PanelContext&);
  HeatmapCache score_cache_, weight_cache_;
  std::vector<float> values_;
};

}  // namespace tessera
