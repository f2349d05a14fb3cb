// What plots over the steps share.
#pragma once

#include "app/panels/panel.h"
#include "imgui.h"

namespace tessera {

// While it lives, plots are tight, with room at the sides for half of the last step's label (where they have labels).
class StepPlotStyle {
 public:
  explicit StepPlotStyle(bool labels = true);
  ~StepPlotStyle();
  StepPlotStyle(const StepPlotStyle&) = delete;
  StepPlotStyle& operator=(const StepPlotStyle&) = delete;
};

// Between ImPlot::BeginPlot and EndPlot:
void plot_vertical(double step, ImU32 ink, float width);
// The moment that the window shows, where it doesn't show now; what came after it is dimmed. `earliest` is the first
// step that the axis has.
void plot_moment(const PanelContext&, double earliest = 0);

}  // namespace tessera
