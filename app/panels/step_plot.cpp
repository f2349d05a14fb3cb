// See step_plot.h.
#include "app/panels/step_plot.h"

#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/widgets.h"
#include "implot.h"

namespace tessera {

StepPlotStyle::StepPlotStyle(bool labels) {
  ImPlot::PushStyleVar(ImPlotStyleVar_PlotPadding, ImVec2(labels ? ImGui::CalcTextSize("000000").x / 2 : 2, 4));
  ImPlot::PushStyleVar(ImPlotStyleVar_PlotMinSize, ImVec2(20, 20));
  ImPlot::PushStyleVar(ImPlotStyleVar_LabelPadding, ImVec2(3, 3));
}

StepPlotStyle::~StepPlotStyle() { ImPlot::PopStyleVar(3); }

void plot_vertical(double step, ImU32 ink, float width) {
  const ImPlotRect shown = ImPlot::GetPlotLimits();
  if (!shown.X.Contains(step)) return;
  const ImVec2 top = ImPlot::PlotToPixels(step, shown.Y.Max), bottom = ImPlot::PlotToPixels(step, shown.Y.Min);
  const float x = std::round(top.x);
  ImPlot::PushPlotClipRect();
  ImPlot::GetPlotDrawList()->AddRectFilled(ImVec2(x - width / 2, top.y), ImVec2(x + width / 2, bottom.y), ink);
  ImPlot::PopPlotClipRect();
}

void plot_moment(const PanelContext& context, double earliest) {
  if (context.moment < 0) return;
  const double step = std::max(static_cast<double>(context.moment), earliest);
  const ImPlotRect shown = ImPlot::GetPlotLimits();
  if (!shown.X.Contains(step)) return;
  const Tones& tone = tones(context.dark);
  ImVec2 from = ImPlot::PlotToPixels(step, shown.Y.Max);
  from.x = std::round(from.x);
  ImPlot::PushPlotClipRect();
  ImPlot::GetPlotDrawList()->AddRectFilled(from, ImPlot::PlotToPixels(shown.X.Max, shown.Y.Min),
                                           ui::faded(tone.background, 0.45f));
  ImPlot::PopPlotClipRect();
  plot_vertical(step, tone.accent, 2 * context.scale);
}

}  // namespace tessera
