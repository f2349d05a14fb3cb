// See attractor_view.h.
#include "app/panels/attractor_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "app/panels/colours.h"
#include "app/panels/lookup.h"
#include "app/panels/step_plot.h"
#include "app/panels/task_steps.h"
#include "app/panels/widgets.h"
#include "core/lab/text.h"
#include "implot.h"

namespace tessera {
namespace {

constexpr const char* operators[] = {"isolation", "freezing",
                                     "perturbation"};  // the strongest first, as seed 003 has it

std::string two_digits(double value) {
  if (std::isnan(value)) return ui::number(value);
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

}  // namespace

// Phase transitions have a number in each of them: 1 or 0.
std::int64_t attractor_measured(const Snapshot& snapshot, int layer) {
  const auto point = last_point(snapshot, find_metric(*snapshot.description, "phase_transitions", layer, 0));
  return point ? point->step : -1;
}

std::optional<double> measured_value(const Snapshot& snapshot, std::optional<std::size_t> metric,
                                     std::int64_t measured) {
  const auto point = last_point(snapshot, metric);
  if (!point || point->step < measured || std::isnan(point->value)) return {};
  return point->value;
}

bool draw_operators(const PanelContext& context, std::int64_t measured, float width) {
  const Description& description = *context.snapshot.description;
  const Tones& tone = tones(context.dark);
  const float line = ImGui::GetTextLineHeight(), gap = std::round(line * 0.6f);
  float names = 0;
  for (const char* name : operators) names = std::max(names, ImGui::CalcTextSize(name).x);
  ImGui::PushFont(context.figures, 0);
  const float figures = ImGui::CalcTextSize("0.00").x;
  ImGui::PopFont();
  const float length = std::max(20.0f, width - names - figures - 2 * gap);
  bool any = false;
  ImGui::BeginGroup();
  for (const char* name : operators) {
    const auto metric = metric_named(description, std::string("operator/") + name);
    if (!metric) continue;
    any = true;
    const auto value = measured_value(context.snapshot, metric, measured);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string id = std::string("##operator ") + name;
    ImGui::InvisibleButton(id.c_str(), ImVec2(names + gap + length + gap + figures, line));
    ui::metric_tooltip(context, description.metrics[*metric]);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.AddText(at, tone.text, name);
    const float left = at.x + names + gap, height = std::round(line * 0.55f);
    const float top = std::round(at.y + (line - height) / 2);
    list.AddRectFilled(ImVec2(left, top), ImVec2(left + length, top + height), ui::faded(tone.muted, 0.2f), 2);
    if (value && *value > 0) {
      const float end = left + length * static_cast<float>(std::min(*value, 1.0));
      list.AddRectFilled(ImVec2(left, top), ImVec2(end, top + height), tone.accent, 2);
    }
    ImGui::PushFont(context.figures, 0);
    list.AddText(ImVec2(left + length + gap, at.y), tone.text, value ? two_digits(*value).c_str() : "\u2013");
    ImGui::PopFont();
  }
  ImGui::EndGroup();
  return any;
}

void SimilarityCurves::draw(PanelContext& context, int layer, std::int64_t measured, ImVec2 size) {
  update(context, layer);
  legend(context, measured, size.x);
  size.y -= ImGui::GetTextLineHeightWithSpacing();
  plot(context, size);
}

void SimilarityCurves::update(const PanelContext& context, int layer) {
  const Description& description = *context.snapshot.description;
  const auto series = [&](const char* family) -> const Series* {
    const auto metric = find_metric(description, family, layer, 0);
    return metric && *metric < context.newest.series.size() ? &context.newest.series[*metric] : nullptr;
  };
  const std::uint64_t run = context.newest.run;
  for (Line& line : lines_) {
    const Series* of = series(line.family);
    line.shown = of != nullptr;
    if (of) line.curve.update(*of, run, 0);
  }
  if (const Series* transitions = series("phase_transitions")) transitions_.update(*transitions, run);
  tasks_ = task_beginnings(task_steps(context.newest));
}

// Title, then each line with its value at the moment shown: as much of it as there is room for.
void SimilarityCurves::legend(const PanelContext& context, std::int64_t measured, float width) const {
  const auto end = static_cast<double>(context.moment >= 0 ? context.moment : context.newest.step);
  const float line = ImGui::GetTextLineHeight();
  std::vector<std::pair<int, std::string>> brief, full;  // of a line: its colour and text
  float brief_width = 0, full_width = 0;
  const auto entry_width = [&](const std::string& text) { return ImGui::CalcTextSize(text.c_str()).x + line; };
  for (std::size_t i = 0; i < std::size(lines_); ++i) {
    if (!lines_[i].shown) continue;
    const auto reading = lines_[i].curve.at(end);
    brief.emplace_back(static_cast<int>(i), lines_[i].label);
    full.emplace_back(
        brief.back().first,
        brief.back().second + (reading && reading->step >= measured ? " " + two_digits(reading->value) : ""));
    brief_width += entry_width(brief.back().second);
    full_width += entry_width(full.back().second);
  }
  constexpr const char* title = "mean similarity";
  const float title_width = ImGui::CalcTextSize(title).x + line * 0.6f;
  const bool titled = title_width + full_width <= width;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 start = ImGui::GetCursorScreenPos();
  ImGui::Dummy(ImVec2(width, line));
  if (titled) list.AddText(start, tones(context.dark).text, title);
  float x = start.x + (titled ? title_width : 0);
  const float half = std::round(line * 0.18f), middle = start.y + std::round(line / 2);
  for (const auto& [colour, text] : full_width <= width ? full : brief) {
    list.AddRectFilled(ImVec2(x, middle - half), ImVec2(x + 2 * half, middle + half),
                       expert_colour(colour, context.dark));
    list.AddText(ImVec2(x + line * 0.5f, start.y), tones(context.dark).text, text.c_str());
    x += entry_width(text);
  }
}

void SimilarityCurves::plot(const PanelContext& context, ImVec2 size) const {
  const double end = std::max<double>(1, static_cast<double>(context.newest.step));
  const auto points = static_cast<std::size_t>(std::max(16.0f, size.x / 2));
  std::vector<Polyline> drawn(std::size(lines_));
  double low = 0, high = 1;
  for (std::size_t i = 0; i < std::size(lines_); ++i) {
    if (!lines_[i].shown) continue;
    drawn[i] = lines_[i].curve.raw(0, end, points, false);
    if (drawn[i].lowest > drawn[i].highest) continue;
    low = std::min(low, drawn[i].lowest);
    high = std::max(high, drawn[i].highest);
  }
  const StepPlotStyle tight;
  if (ImPlot::BeginPlot("##similarity", size, ImPlotFlags_CanvasOnly | ImPlotFlags_NoFrame)) {
    ImPlot::SetupAxes(nullptr, nullptr, ImPlotAxisFlags_NoTickMarks | ImPlotAxisFlags_NoGridLines,
                      ImPlotAxisFlags_NoTickMarks);
    ImPlot::SetupAxesLimits(0, end, low - 0.04 * (high - low), high + 0.04 * (high - low), ImPlotCond_Always);
    ImPlot::SetupAxisFormat(ImAxis_X1, "%g");
    back(context);
    for (std::size_t i = 0; i < std::size(lines_); ++i) {
      ImPlotSpec style;
      style.LineColor = ui::colour(expert_colour(static_cast<int>(i), context.dark));
      style.LineWeight = 1.6f * context.scale;
      if (drawn[i].x.size() == 1) style.Marker = ImPlotMarker_Circle;  // a single point is no line
      ImPlot::PlotLine(lines_[i].label, drawn[i].x.data(), drawn[i].y.data(), static_cast<int>(drawn[i].x.size()),
                       style);
    }
    plot_moment(context);
    if (ImPlot::IsPlotHovered()) tooltip(context);
    ImPlot::EndPlot();
  }
}

// Where tasks begin, and phase transitions, behind the lines.
void SimilarityCurves::back(const PanelContext& context) const {
  const Tones& tone = tones(context.dark);
  const float thin = std::max(1.0f, std::round(context.scale));
  ImPlot::PushPlotClipRect();
  for (const std::int64_t step : tasks_) {
    plot_vertical(static_cast<double>(step), ui::faded(tone.guide, 0.45f), thin);
  }
  for (const std::int64_t step : transitions_.steps()) {
    plot_vertical(static_cast<double>(step), ui::faded(tone.warning, 0.85f), thin);
    const ImVec2 top = ImPlot::PlotToPixels(static_cast<double>(step), ImPlot::GetPlotLimits().Y.Max);
    const float half = 4 * context.scale, x = std::round(top.x);
    ImPlot::GetPlotDrawList()->AddTriangleFilled(ImVec2(x - half, top.y), ImVec2(x + half, top.y),
                                                 ImVec2(x, top.y + half * 1.5f), tone.warning);
  }
  ImPlot::PopPlotClipRect();
}

void SimilarityCurves::tooltip(const PanelContext& context) const {
  const double step = ImPlot::GetPlotMousePos().x;
  const double within =
      ImPlot::GetPlotLimits().X.Size() * 4 * static_cast<double>(context.scale / ImPlot::GetPlotSize().x);
  std::string text;
  for (const Line& line : lines_) {
    const auto reading = line.shown ? line.curve.at(step) : std::nullopt;
    if (!reading) continue;
    if (text.empty()) text = "step " + with_commas(reading->step);
    text += std::string("\n") + line.label + " " + two_digits(reading->value);
  }
  if (const std::int64_t at = nearest_step(transitions_.steps(), step, within); at >= 0) {
    text += "\nphase transition at step " + with_commas(at) + ": the slope changes sign";
  }
  if (const std::int64_t at = nearest_step(tasks_, step, within); at >= 0) {
    text += "\na task begins at step " + with_commas(at);
  }
  if (!text.empty()) ImGui::SetTooltip("%s", text.c_str());
}

}  // namespace tessera
