// Vertical lines in a plot over the steps, between ImPlot::BeginPlot and EndPlot.
#pragma once

#include "app/panels/panel.h"
#include "imgui.h"

namespace tessera {

void plot_vertical(double step, ImU32 ink, float width);
// The moment that the window shows, at `step` of the axis; what came after it is dimmed.
void plot_moment(const PanelContext&, double step);

}  // namespace tessera
