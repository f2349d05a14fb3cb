// One metric of several runs over the steps.
#include <algorithm>
#include <cmath>
#include <set>

#include "app/panels/colours.h"
#include "app/panels/compare_parts.h"
#include "app/panels/lookup.h"
#include "app/panels/step_plot.h"
#include "app/panels/widgets.h"
#include "implot.h"

namespace tessera {
namespace {

const Series* series_of_run(const ComparedRun& run, const std::string& family, const std::string& metric, int layer) {
  const Snapshot& snapshot = *run.newest;
  const auto& metrics = snapshot.description->metrics;
  for (std::size_t i = 0; i < metrics.size() && i < snapshot.series.size(); ++i) {
    if (metrics[i].rank != 0) continue;
    const bool same =
        metric.empty() ? metrics[i].family == family && metrics[i].layer == layer : metrics[i].name == metric;
    if (same) return &snapshot.series[i];
  }
  return nullptr;
}

}  // namespace

// Families of one metric a layer are one choice, all other metrics one each; in the order of the first run that has it.
std::vector<CompareCurves::Choice> CompareCurves::choices(const ShownRuns& runs) const {
  std::vector<Choice> found;
  std::set<std::string> seen;
  for (const ComparedRun* run : runs) {
    const Description& description = *run->newest->description;
    for (const MetricSpec& spec : description.metrics) {
      if (spec.rank != 0 || !seen.insert(spec.layer >= 0 ? spec.family : spec.name).second) continue;
      const std::string unit = spec.unit.empty() ? "" : ", " + spec.unit;
      if (spec.layer >= 0) {
        found.push_back({family_title(description, spec.family) + unit, spec.family, ""});
      } else {
        found.push_back({(spec.title.empty() ? spec.name : spec.title) + unit, "", spec.name});
      }
    }
  }
  return found;
}

void CompareCurves::draw(PanelContext& context, const ShownRuns& runs) {
  const std::vector<Choice> all = choices(runs);
  if (all.empty()) {
    ui::wrapped("These runs measure no scalar.");
    return;
  }
  std::vector<std::string> labels;
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    labels.push_back(all[i].label);
    if (wanted_ == all[i].family || wanted_ == all[i].metric) chosen = i;
  }
  const float room = ImGui::GetContentRegionAvail().x;
  if (ui::combo("##metric", chosen, labels, "The metric that is compared", room * 0.6f)) follow_ = true;
  const Choice& choice = all[chosen];
  wanted_ = choice.metric.empty() ? choice.family : choice.metric;
  if (choice.metric.empty()) {
    ImGui::SameLine();
    ui::layer_combo(context, room * 0.35f);
  }
  plot(context, runs, choice);
}

void CompareCurves::plot(PanelContext& context, const ShownRuns& runs, const Choice& choice) {
  const std::string what = choice.family + "|" + choice.metric + "|" + std::to_string(context.selection.layer);
  if (what != shown_) {
    shown_ = what;
    curves_.clear();
    follow_ = true;
  }
  struct Line {
    const ComparedRun* run;
    Polyline points;
  };
  std::vector<Line> lines;
  double last = 1;
  for (const ComparedRun* run : runs) last = std::max(last, static_cast<double>(run->newest->step));
  if (follow_) x_min_ = 0, x_max_ = last;
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const auto points = static_cast<std::size_t>(std::max(16.0f, room.x / 2));
  double low = 0, high = 1;
  bool any = false;
  std::erase_if(curves_, [&](const auto& curve) {  // runs that are no more
    return std::none_of(context.runs.begin(), context.runs.end(),
                        [&](const ComparedRun& run) { return run.newest->run == curve.first; });
  });
  for (const ComparedRun* run : runs) {
    const Series* series = series_of_run(*run, choice.family, choice.metric, context.selection.layer);
    if (!series || series->size() == 0) continue;
    Curve& curve = curves_[run->newest->run];
    curve.update(*series, run->newest->run, 0);
    lines.push_back({run, curve.raw(x_min_, x_max_, points, false)});
    for (const double value : lines.back().points.y) {
      if (!std::isfinite(value)) continue;
      low = any ? std::min(low, value) : value;
      high = any ? std::max(high, value) : value;
      any = true;
    }
  }
  if (lines.empty()) {
    ui::wrapped("No point of this metric yet.");
    return;
  }
  if (follow_) {
    const double margin = high > low ? (high - low) * 0.06 : std::max(std::abs(high) * 0.1, 0.05);
    y_min_ = low - margin;
    y_max_ = high + margin;
  }
  const double set[] = {x_min_, x_max_, y_min_, y_max_};
  const StepPlotStyle tight;
  if (ImPlot::BeginPlot("##compared", room, ImPlotFlags_CanvasOnly | ImPlotFlags_NoFrame)) {
    ImPlot::SetupAxes("step", choice.label.c_str());
    ImPlot::SetupAxisLinks(ImAxis_X1, &x_min_, &x_max_);
    ImPlot::SetupAxisLinks(ImAxis_Y1, &y_min_, &y_max_);
    ImPlot::SetupAxisFormat(ImAxis_X1, "%g");
    ImPlot::SetupFinish();
    for (const Line& line : lines) {
      ImPlotSpec style;
      style.LineWeight = 1.6f * context.scale;
      style.LineColor = ui::colour(run_colour(*line.run, context.dark));
      if (line.points.x.size() == 1) style.Marker = ImPlotMarker_Circle;
      ImPlot::PlotLine((line.run->name + "##" + std::to_string(line.run->newest->run)).c_str(), line.points.x.data(),
                       line.points.y.data(), static_cast<int>(line.points.x.size()), style);
    }
    plot_moment(context);
    const bool hovered = ImPlot::IsPlotHovered();
    if (hovered && ImGui::IsMouseDoubleClicked(0)) follow_ = true;
    if (hovered && ImGui::BeginTooltip()) {
      const double step = std::max(0.0, std::floor(ImPlot::GetPlotMousePos().x));
      ImGui::Text("step %.0f", step);
      for (const Line& line : lines) {
        const auto reading = curves_[line.run->newest->run].at(step);
        if (!reading) continue;
        ImGui::TextColored(ui::colour(run_colour(*line.run, context.dark)), "%s", line.run->name.c_str());
        ImGui::SameLine();
        ImGui::TextUnformatted(ui::number(reading->value).c_str());
      }
      ImGui::EndTooltip();
    }
    ImPlot::EndPlot();
  }
  const auto moved = [](double a, double b, double span) { return std::abs(a - b) > 1e-6 * std::abs(span); };
  if (moved(x_min_, set[0], set[1] - set[0]) || moved(x_max_, set[1], set[1] - set[0]) ||
      moved(y_min_, set[2], set[3] - set[2]) || moved(y_max_, set[3], set[3] - set[2])) {
    follow_ = false;
  }
}

}  // namespace tessera
