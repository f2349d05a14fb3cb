// See plot_lines.h.
#include "app/panels/plot_lines.h"

#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/widgets.h"
#include "implot.h"

namespace tessera {

void plot_vertical(double step, ImU32 ink, float width) {
  const ImPlotRect shown = ImPlot::GetPlotLimits();
  if (!shown.X.Contains(step)) return;
  const ImVec2 top = ImPlot::PlotToPixels(step, shown.Y.Max), bottom = ImPlot::PlotToPixels(step, shown.Y.Min);
  const float x = std::round(top.x);
  ImPlot::PushPlotClipRect();
  ImPlot::GetPlotDrawList()->AddRectFilled(ImVec2(x - width / 2, top.y), ImVec2(x + width / 2, bottom.y), ink);
  ImPlot::PopPlotClipRect();
}

void plot_moment(const PanelContext& context, double step) {
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
