// One plot of the curves panel.
#include "app/panels/curve_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "app/panels/colours.h"
#include "app/panels/lookup.h"
#include "app/panels/step_plot.h"
#include "app/panels/widgets.h"
#include "implot.h"

namespace tessera {
namespace {

struct Line {
  std::size_t metric;
  ImU32 colour;
  Polyline raw, smooth;
};

class Plot {
 public:
  Plot(PanelContext& context, CurveView& view, const std::string& family)
      : context_(context),
        view_(view),
        family_(family),
        description_(*context.newest.description),
        tone_(tones(context.dark)),
        metrics_(series_of(description_, family)),
        guides_(guides(description_, family)) {}

  bool draw(ImVec2 size, bool lowest) {
    heading(size.x);
    size.y -= ImGui::GetTextLineHeightWithSpacing();
    prepare(size.x);
    double low = 0, high = 1;
    range(low, high);
    const bool logarithmic = view_.logarithmic_y.contains(family_);
    const double set[] = {view_.x_min, view_.x_max, low, high};
    double y_min = low, y_max = high;
    bool hovered = false;
    const StepPlotStyle tight;
    const std::string id = "##plot " + family_;
    if (ImPlot::BeginPlot(id.c_str(), size, ImPlotFlags_CanvasOnly | ImPlotFlags_NoFrame)) {
      const ImPlotAxisFlags bare = ImPlotAxisFlags_NoTickLabels | ImPlotAxisFlags_NoLabel;
      // The axis is locked while it is used to move the moment: it would be panned instead.
      const ImPlotAxisFlags held = !view_.scrubbed.empty() ? ImPlotAxisFlags_Lock : 0;
      ImPlot::SetupAxes(lowest ? "step" : nullptr, nullptr, (lowest ? 0 : bare) | held, 0);
      ImPlot::SetupAxisLinks(ImAxis_X1, &view_.x_min, &view_.x_max);
      ImPlot::SetupAxisLinks(ImAxis_Y1, &y_min, &y_max);
      ImPlot::SetupAxisFormat(ImAxis_X1, "%g");
      if (view_.logarithmic_x) ImPlot::SetupAxisScale(ImAxis_X1, ImPlotScale_Log10);
      if (logarithmic) ImPlot::SetupAxisScale(ImAxis_Y1, ImPlotScale_Log10);
      ImPlot::SetupFinish();
      hovered = ImPlot::IsPlotHovered();
      if (hovered) view_.hovered_step = ImPlot::GetPlotMousePos().x;
      back();
      lines();
      guide_labels();
      marks(hovered);
      plot_moment(context_, view_.logarithmic_x ? 1 : 0);
      if (lowest) step_axis();
      if (hovered && ImGui::IsMouseDoubleClicked(0)) reset_ = true;
      ImPlot::EndPlot();
    }
    take_over(set, y_min, y_max);
    return hovered;
  }

 private:
  // " 0.43": its value at the moment that the window shows; empty: it shows now, or there is none.
  std::string value_then(std::size_t i) const {
    const auto curve = view_.curves.find(metrics_[i]);
    if (view_.moment < 0 || curve == view_.curves.end()) return {};
    const auto reading = curve->second.at(static_cast<double>(view_.moment));
    if (!reading) return {};
    char text[32];
    std::snprintf(text, sizeof text, " %.3g", view_.smoothing > 0 ? reading->smoothed : reading->value);
    return text;
  }

  // Name and unit, then a legend whose entries show and hide a series.
  void heading(float width) {
    const MetricSpec& spec = description_.metrics[metrics_.front()];
    const float start = ImGui::GetCursorPosX();
    const float line = ImGui::GetTextLineHeight();
    std::string name = family_title(description_, family_);
    if (!spec.unit.empty()) name += ", " + spec.unit;
    ui::fitted_text(name, width);
    const bool legend = metrics_.size() > 1 || view_.moment >= 0;
    for (std::size_t i = 0; i < metrics_.size() && legend; ++i) {
      const std::string label = series_label(description_.metrics[metrics_[i]], description_) + value_then(i);
      const std::string& metric = description_.metrics[metrics_[i]].name;
      const float text = ImGui::CalcTextSize(label.c_str()).x;
      ImGui::SameLine(0, line * 0.5f);
      const bool last = i + 1 == metrics_.size();
      if (ImGui::GetCursorPosX() - start + text + line * (last ? 0.6f : 1.4f) > width) {
        ImGui::TextUnformatted("\u2026");
        ImGui::SetItemTooltip("More series than fit here: see Series");
        break;
      }
      const ImVec2 at = ImGui::GetCursorScreenPos();
      const std::string id = "##legend " + metric;
      if (ImGui::InvisibleButton(id.c_str(), ImVec2(text + line * 0.6f, line))) {
        if (!view_.hidden.erase(metric)) view_.hidden.insert(metric);
      }
      ImGui::SetItemTooltip("%s", description_.metrics[metrics_[i]].title.c_str());
      const bool hidden = view_.hidden.contains(metric);
      const ImU32 colour = series_colour(description_, metrics_[i], i, context_.dark);
      ImDrawList& list = *ImGui::GetWindowDrawList();
      const float half = std::round(line * 0.18f), middle = at.y + std::round(line / 2);
      if (hidden) {
        list.AddRect(ImVec2(at.x, middle - half), ImVec2(at.x + 2 * half, middle + half), tone_.muted);
      } else {
        list.AddRectFilled(ImVec2(at.x, middle - half), ImVec2(at.x + 2 * half, middle + half), colour);
      }
      list.AddText(ImVec2(at.x + line * 0.5f, at.y), hidden ? tone_.muted : tone_.text, label.c_str());
    }
  }

  void prepare(float width) {
    const auto points = static_cast<std::size_t>(std::max(16.0f, width / 2));
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      const std::size_t metric = metrics_[i];
      if (view_.hidden.contains(description_.metrics[metric].name)) continue;
      if (metric >= context_.newest.series.size()) continue;
      Curve& curve = view_.curves[metric];
      curve.update(context_.newest.series[metric], context_.newest.run, view_.smoothing);
      Line line{metric, series_colour(description_, metric, i, context_.dark), {}, {}};
      line.raw = curve.raw(view_.x_min, view_.x_max, points, view_.logarithmic_x);
      if (view_.smoothing > 0) line.smooth = curve.smooth(view_.x_min, view_.x_max, points, view_.logarithmic_x);
      lines_.push_back(std::move(line));
    }
  }

  void range(double& low, double& high) const {
    const bool logarithmic = view_.logarithmic_y.contains(family_);
    if (const auto zoomed = view_.y_range.find(family_); zoomed != view_.y_range.end()) {
      std::tie(low, high) = zoomed->second;
      return;
    }
    bool any = false;
    const auto include = [&](double value) {
      if (!std::isfinite(value) || (logarithmic && value <= 0)) return;
      low = any ? std::min(low, value) : value;
      high = any ? std::max(high, value) : value;
      any = true;
    };
    for (const Line& line : lines_) {
      if (!logarithmic) {
        if (line.raw.lowest > line.raw.highest) continue;
        include(line.raw.lowest);
        include(line.raw.highest);
      } else {
        for (const double value : line.raw.y) include(value);
      }
    }
    for (const Guide& guide : guides_) include(guide.value);
    if (!guides_.empty()) include(0);
    if (!any) low = 0, high = 1;
    if (logarithmic) {
      low *= 0.9;
      high *= 1.1;
      if (high <= low) high = low * 10;
      return;
    }
    const double margin = high > low ? (high - low) * 0.06 : std::max(std::abs(high) * 0.1, 0.05);
    low -= margin;
    high += margin;
  }

  void back() const {
    const ImPlotRect shown = ImPlot::GetPlotLimits();
    ImDrawList& list = *ImPlot::GetPlotDrawList();
    ImPlot::PushPlotClipRect();
    for (const Guide& guide : guides_) {
      if (!shown.Y.Contains(guide.value)) continue;
      const ImVec2 from = ImPlot::PlotToPixels(shown.X.Min, guide.value);
      const ImVec2 to = ImPlot::PlotToPixels(shown.X.Max, guide.value);
      list.AddLine(from, to, tone_.guide);
    }
    if (view_.hovered_step >= 0) {
      const ImVec2 at = ImPlot::PlotToPixels(view_.hovered_step, shown.Y.Max);
      const ImVec2 end = ImPlot::PlotToPixels(view_.hovered_step, shown.Y.Min);
      list.AddLine(ImVec2(std::round(at.x), at.y), ImVec2(std::round(at.x), end.y), ui::faded(tone_.text, 0.5f));
    }
    ImPlot::PopPlotClipRect();
  }

  // Above the curves, on a patch of background: where a curve runs along its guide line both stay readable.
  void guide_labels() const {
    const ImPlotRect shown = ImPlot::GetPlotLimits();
    ImDrawList& list = *ImPlot::GetPlotDrawList();
    ImPlot::PushPlotClipRect();
    float last = -1e9f;
    for (const Guide& guide : guides_) {
      if (!shown.Y.Contains(guide.value)) continue;
      const ImVec2 at = ImPlot::PlotToPixels(shown.X.Max, guide.value);
      const ImVec2 text = ImGui::CalcTextSize(guide.label.c_str());
      const float top = ImPlot::PlotToPixels(shown.X.Max, shown.Y.Max).y;
      const float y = std::max(top + 1, at.y - text.y - 1);
      if (std::abs(y - last) < text.y) continue;
      last = y;
      const ImVec2 from(at.x - text.x - 6 * context_.scale, y);
      list.AddRectFilled(ImVec2(from.x - 2, from.y), ImVec2(from.x + text.x + 2, from.y + text.y),
                         ui::faded(tone_.background, 0.75f), 2);
      list.AddText(from, tone_.muted, guide.label.c_str());
    }
    ImPlot::PopPlotClipRect();
  }

  void lines() const {
    for (const Line& line : lines_) {
      const MetricSpec& spec = description_.metrics[line.metric];
      const bool chosen = spec.layer >= 0 && spec.layer == context_.selection.layer;
      ImPlotSpec style;
      style.LineWeight = (chosen ? 2.2f : 1.3f) * context_.scale;
      style.LineColor = ui::colour(view_.smoothing > 0 ? ui::faded(line.colour, 0.28f) : line.colour);
      const auto plot = [&](const Polyline& points, const std::string& name) {
        // A single point is no line; a short dash shows that it is there.
        ImPlotSpec own = style;
        if (points.x.size() == 1) own.Marker = ImPlotMarker_Circle;
        ImPlot::PlotLine(name.c_str(), points.x.data(), points.y.data(), static_cast<int>(points.x.size()), own);
      };
      plot(line.raw, spec.name);
      if (view_.smoothing <= 0) continue;
      style.LineColor = ui::colour(line.colour);
      plot(line.smooth, spec.name + " smooth");
    }
  }

  void marks(bool hovered) const {
    const ImPlotRect shown = ImPlot::GetPlotLimits();
    ImDrawList& list = *ImPlot::GetPlotDrawList();
    std::string text;
    float last = -1e9f;
    int count = 0;
    ImPlot::PushPlotClipRect();
    for (const Mark& mark : view_.marks) {
      const double step = std::max(static_cast<double>(mark.step), view_.logarithmic_x ? 1.0 : 0.0);
      if (!shown.X.Contains(step)) continue;
      const float x = std::round(ImPlot::PlotToPixels(step, shown.Y.Max).x);
      const float top = ImPlot::PlotToPixels(step, shown.Y.Max).y, bottom = ImPlot::PlotToPixels(step, shown.Y.Min).y;
      if (hovered && std::abs(ImGui::GetMousePos().x - x) <= 4 * context_.scale) {
        if (++count <= 6) text += (text.empty() ? "" : "\n") + mark.text;
      }
      if (x - last < 1) continue;  // a slider's move leaves many at nearly one place
      last = x;
      if (!mark.scheduled) {
        list.AddLine(ImVec2(x, top), ImVec2(x, bottom), ui::faded(tone_.marker, 0.8f));
      } else {
        for (float y = top; y < bottom; y += 8) {
          list.AddLine(ImVec2(x, y), ImVec2(x, std::min(bottom, y + 4)), ui::faded(tone_.marker, 0.8f));
        }
      }
      const float size = 4 * context_.scale;
      list.AddTriangleFilled(ImVec2(x - size, top), ImVec2(x + size, top), ImVec2(x, top + size * 1.4f), tone_.marker);
    }
    ImPlot::PopPlotClipRect();
    if (count > 6) text += "\nand " + std::to_string(count - 6) + " more";
    if (!text.empty() && ImGui::BeginTooltip()) {
      ImGui::TextColored(ui::colour(tone_.marker), "%s", text.c_str());
      ImGui::Separator();
      ImGui::EndTooltip();
    }
  }

  // A click on the figures of the axis shows that moment in all panels; so does dragging along them.
  void step_axis() const {
    const bool over = ImPlot::IsAxisHovered(ImAxis_X1);
    if (over && ImGui::IsMouseClicked(0)) view_.scrubbed = family_;
    if (!ImGui::IsMouseDown(0)) view_.scrubbed.clear();
    const bool scrubbing = view_.scrubbed == family_;
    if (over && !scrubbing) ImGui::SetTooltip("Click or drag to show this moment in all panels");
    if (over || scrubbing) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    if (!scrubbing || !context_.set_moment) return;
    const double step = std::round(ImPlot::GetPlotMousePos().x);
    context_.set_moment(static_cast<std::int64_t>(std::clamp(step, 0.0, static_cast<double>(context_.newest.step))));
  }

  // Panning and zooming moved the limits away from those that were set: they stay where the person put them.
  void take_over(const double (&set)[4], double y_min, double y_max) const {
    if (reset_) {
      view_.follow = true;
      view_.y_range.clear();
      view_.x_min = set[0];
      view_.x_max = set[1];
      return;
    }
    const auto moved = [](double a, double b, double span) { return std::abs(a - b) > 1e-6 * std::abs(span); };
    if (moved(view_.x_min, set[0], set[1] - set[0]) || moved(view_.x_max, set[1], set[1] - set[0]))
      view_.follow = false;
    if (moved(y_min, set[2], set[3] - set[2]) || moved(y_max, set[3], set[3] - set[2])) {
      view_.y_range[family_] = {y_min, y_max};
    }
  }

  PanelContext& context_;
  CurveView& view_;
  const std::string& family_;
  const Description& description_;
  const Tones& tone_;
  const std::vector<std::size_t> metrics_;
  const std::vector<Guide> guides_;
  std::vector<Line> lines_;
  bool reset_ = false;
};

}  // namespace

bool draw_curve_plot(PanelContext& context, CurveView& view, const std::string& family, ImVec2 size, bool lowest) {
  return Plot(context, view, family).draw(size, lowest);
}

}  // namespace tessera
