// Conflict of tasks on the backbone's dimensions over the run, out of the history of its matrices.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/panels/colours.h"
#include "app/panels/step_plot.h"
#include "app/panels/subspace_view.h"
#include "app/panels/widgets.h"
#include "core/lab/text.h"
#include "implot.h"

namespace tessera {
namespace {

constexpr int most_columns = 200, most_cells = 1 << 17;  // of the map over time

constexpr std::size_t most_colours = 8;  // pairs of tasks with a colour each

std::string rounded(double value) { return ui::number(std::round(value * 1000) / 1000); }

// The place of the pair with the lowest mean cosine.
std::size_t most_opposed(const std::vector<std::vector<double>>& pairs) {
  std::size_t found = 0;
  double lowest = HUGE_VAL;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double sum = std::accumulate(pairs[i].begin(), pairs[i].end(), 0.0);
    if (sum >= lowest) continue;
    lowest = sum;
    found = i;
  }
  return found;
}

// The names of pairs, in their colours, in one line.
void legend(const PanelContext& context, const std::vector<std::string>& names) {
  const float line = ImGui::GetTextLineHeight(), half = std::round(line * 0.2f);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) ImGui::SameLine();
    const float width = line * 0.7f + ImGui::CalcTextSize(names[i].c_str()).x;
    if (ImGui::GetContentRegionAvail().x < width) {
      ui::muted_text(context, "\u2026");
      return;
    }
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::GetWindowDrawList()->AddRectFilled(ImVec2(at.x, at.y + line / 2 - half),
                                              ImVec2(at.x + 2 * half, at.y + line / 2 + half),
                                              expert_colour(static_cast<int>(i), context.dark));
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + line * 0.6f);
    ImGui::TextUnformatted(names[i].c_str());
  }
}

void tooltip(const PanelContext& context, const CosineHistory& history, const std::vector<std::string>& names) {
  const auto after = std::upper_bound(history.steps.begin(), history.steps.end(), ImPlot::GetPlotMousePos().x);
  if (after == history.steps.begin() || !ImGui::BeginTooltip()) return;
  const auto at = static_cast<std::size_t>(after - history.steps.begin() - 1);
  std::vector<std::size_t> order(history.pairs.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return history.pairs[a][at] < history.pairs[b][at]; });
  if (order.size() > most_colours) order.resize(most_colours);
  ImGui::Text("step %s", with_commas(static_cast<std::int64_t>(history.steps[at])).c_str());
  for (const std::size_t pair : order) {
    ImGui::Text("%s: %s", pair < names.size() ? names[pair].c_str() : "", rounded(history.pairs[pair][at]).c_str());
  }
  if (order.size() < history.pairs.size()) ui::muted_text(context, "the most opposed pairs");
  ImGui::EndTooltip();
}

void lines(const PanelContext& context, const CosineHistory& history) {
  const Tones& tone = tones(context.dark);
  const bool coloured = history.pairs.size() <= most_colours;
  const std::size_t opposed = coloured ? 0 : most_opposed(history.pairs);
  const auto draw = [&](std::size_t pair, ImU32 colour, float weight) {
    ImPlotSpec style;
    style.LineColor = ui::colour(colour);
    style.LineWeight = weight * context.scale;
    ImPlot::PlotLine(("##" + std::to_string(pair)).c_str(), history.steps.data(), history.pairs[pair].data(),
                     static_cast<int>(history.steps.size()), style);
  };
  for (std::size_t pair = 0; pair < history.pairs.size(); ++pair) {
    if (coloured) {
      draw(pair, expert_colour(static_cast<int>(pair), context.dark), 1.5f);
    } else if (pair != opposed) {
      draw(pair, ui::faded(tone.muted, 0.4f), 1);
    }
  }
  if (!coloured) draw(opposed, tone.accent, 1.8f);
}

}  // namespace

SubspaceConflict::Source SubspaceConflict::source_of(const PanelContext& context, std::size_t metric, int dimension) {
  Source source{context.newest.run, metric, 0, -1, dimension};
  const auto& history = context.newest.history;
  if (!history || metric >= history->metrics()) return source;
  source.frames = history->size(metric);
  if (source.frames > 0) source.newest = history->frame(metric, source.frames - 1)->step;
  return source;
}

void SubspaceConflict::over_time(PanelContext& context, SubspaceView& view, ImVec2 size) {
  part_heading(context, "Conflict by dimension over time, " + view.layer_name(), size);
  const Source source = view.conflict_metric ? source_of(context, *view.conflict_metric, -1) : Source{};
  if (source.frames == 0) {
    if (ImGui::BeginChild("##no_conflict", size)) ui::wrapped("Appears with the first measurement of a run.");
    ImGui::EndChild();
    return;
  }
  if (source != map_of_) {
    const auto all = static_cast<int>(view.description->metrics[*view.conflict_metric].axes[1].labels.size());
    map_ = conflict_map(*context.newest.history, *view.conflict_metric,
                        std::clamp(most_cells / std::max(1, all), 16, most_columns));
    map_of_ = source;
  }
  Heatmap map;
  map.rows = map_.rows;
  map.columns = map_.columns;
  map.values = map_.values;
  map.row_axis.title = "dimension";
  for (int d = 0; d < map.rows; ++d) map.row_axis.labels.push_back("dimension " + std::to_string(d));
  map.column_axis.title = "step";
  for (const std::int64_t step : map_.steps) map.column_axis.labels.push_back("step " + with_commas(step));
  map.value_name = map.caption = "conflict";
  map.selected_row = view.dimension;
  const HeatmapHit hit = draw_heatmap("##over_time", map, size, context, cache_);
  if (context.moment >= 0) {
    const ImGuiID id = ImGui::GetID("##over_time");
    const ImGuiStorage& kept = *ImGui::GetStateStorage();
    const int column = std::max(0, map_.column_of(context.moment));
    const ImVec2 top = heatmap_cell(kept, id, 0, column), bottom = heatmap_cell(kept, id, map.rows - 1, column);
    ImGui::GetWindowDrawList()->AddLine(top, bottom, tones(context.dark).accent, 2 * context.scale);
  }
  if (!hit.clicked) return;
  if (hit.row >= 0) {
    view.dimension = hit.row;
  } else if (context.set_moment) {  // the name of a step
    context.set_moment(map_.steps[static_cast<std::size_t>(hit.column)]);
  }
}

void SubspaceConflict::cosines(PanelContext& context, const SubspaceView& view, ImVec2 size) {
  const Source source = source_of(context, *view.conflict_metric, view.dimension);
  if (source != cosines_of_) {
    cosines_ =
        source.frames > 0 ? cosine_history(*context.newest.history, source.metric, view.dimension) : CosineHistory();
    cosines_of_ = source;
  }
  const std::vector<std::string>& names = view.description->metrics[*view.conflict_metric].axes[0].labels;
  std::string title = "Cosine of the tasks' gradients by step";
  if (cosines_.pairs.size() > most_colours) title += ", most opposed: " + names[most_opposed(cosines_.pairs)];
  ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).muted);
  ui::fitted_text(title, size.x);
  ImGui::PopStyleColor();
  size.y -= ImGui::GetTextLineHeightWithSpacing();
  if (cosines_.pairs.size() > 1 && cosines_.pairs.size() <= most_colours) {
    legend(context, names);
    size.y -= ImGui::GetTextLineHeightWithSpacing();
  }
  const double end = std::max<double>(1, static_cast<double>(context.newest.step));
  const StepPlotStyle tight;
  if (size.y > 30 && ImPlot::BeginPlot("##cosines", size, ImPlotFlags_CanvasOnly | ImPlotFlags_NoFrame)) {
    ImPlot::SetupAxes(nullptr, nullptr, ImPlotAxisFlags_NoTickMarks, ImPlotAxisFlags_NoTickMarks);
    ImPlot::SetupAxesLimits(0, end, -1.05, 1.05, ImPlotCond_Always);
    constexpr double ticks[] = {-1, 0, 1};
    ImPlot::SetupAxisTicks(ImAxis_Y1, ticks, 3);
    lines(context, cosines_);
    plot_moment(context);
    if (ImPlot::IsPlotHovered()) tooltip(context, cosines_, names);
    ImPlot::EndPlot();
  }
}

}  // namespace tessera
