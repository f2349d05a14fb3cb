// The heatmaps of the subspaces panel that show one moment.
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/panels/colours.h"
#include "app/panels/lookup.h"
#include "app/panels/subspace_view.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr float largest_cell = 180;  // pixels at scale 1: with a large window to themselves, small matrices fill it

std::vector<std::string> numbered(const char* noun, int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(std::string(noun) + " " + std::to_string(i));
  return names;
}

// A map of the chosen layer, named as its metric says.
Heatmap layer_map(const Matrix& matrix, const MetricSpec& spec) {
  Heatmap map;
  map.rows = matrix.rows;
  map.columns = matrix.columns;
  map.values = matrix.values;
  map.colours = spec.colours;
  map.low = spec.low;
  map.high = spec.high;
  map.row_axis.title = spec.axes[0].title;
  map.row_axis.labels = spec.axes[0].labels;
  map.column_axis.title = spec.axes[1].title;
  map.column_axis.labels = spec.axes[1].labels;
  map.largest_cell = largest_cell;
  return map;
}

void of_experts(HeatmapAxis& axis, const PanelContext& context, int layer) {
  axis.colour = [dark = context.dark](int expert) { return expert_colour(expert, dark); };
  axis.highlighted = [&context, layer](int expert) {
    return context.selection.highlights(layer, expert) || context.selection.expert == expert;
  };
}

void not_yet(const char* id, const char* text, ImVec2 size) {
  if (ImGui::BeginChild(id, size)) ui::wrapped(text);
  ImGui::EndChild();
}

constexpr const char* waits = "Appears with the first measurement of a run.";

}  // namespace

void part_heading(const PanelContext& context, const std::string& text, ImVec2& size) {
  ImGui::PushFont(context.heading, 0);
  ui::fitted_text(text, size.x);
  ImGui::PopFont();
  size.y = std::max(1.0f, size.y - ImGui::GetTextLineHeightWithSpacing());
}

bool has_subspaces(const Description& description) { return !matrix_families(description, "subspace_alpha").empty(); }

SubspaceView find_subspaces(const PanelContext& context, int dimension) {
  SubspaceView view;
  const Snapshot& snapshot = context.snapshot;
  view.description = snapshot.description.get();
  view.layer = std::clamp(context.selection.layer, 0, std::max(0, view.description->layers - 1));
  const auto find = [&](const char* family, int layer) { return find_metric(*view.description, family, layer, 2); };
  view.alpha_metric = find("subspace_alpha", view.layer);
  view.tasks_metric = find("task_conflict", view.layer);
  view.conflict_metric = find("dimension_conflict", view.layer);
  view.by_layer = newest(snapshot, find("rank_overlap_by_layer", -1));
  view.alpha = newest(snapshot, view.alpha_metric);
  view.pairs = newest(snapshot, find("rank_overlap_pairs", view.layer));
  view.tasks = newest(snapshot, view.tasks_metric);
  view.shares = newest(snapshot, find("task_share", view.layer));
  if (view.alpha_metric) {
    const auto all = static_cast<int>(view.description->metrics[*view.alpha_metric].axes[1].labels.size());
    view.dimension = std::min(dimension, all - 1);
  }
  return view;
}

void SubspaceMaps::figure(PanelContext& context, SubspaceView& view, ImVec2 size) {
  part_heading(context, "Overlap by layer", size);
  if (!view.by_layer) return not_yet("##no_figure", waits, size);
  const Description& description = *view.description;
  const Matrix& matrix = *view.by_layer;
  const auto experts = [&](int layer) { return description.experts[static_cast<std::size_t>(layer)]; };
  figure_ = matrix.values;  // what is no expert is left blank
  for (int row = 0; row < matrix.rows; ++row) {
    for (int layer = 0; layer < matrix.columns; ++layer) {
      if (row < experts(layer)) continue;
      figure_[static_cast<std::size_t>(row) * matrix.columns + layer] = std::numeric_limits<float>::infinity();
    }
  }
  Heatmap map;
  map.largest_cell = largest_cell;
  map.rows = matrix.rows;
  map.columns = matrix.columns;
  map.values = figure_;
  map.row_axis.title = "expert";
  map.row_axis.labels = numbered("expert", matrix.rows);
  map.row_axis.colour = [dark = context.dark](int expert) { return expert_colour(expert, dark); };
  map.column_axis.title = "layer";
  for (int layer = 0; layer < matrix.columns; ++layer) {
    map.column_axis.labels.push_back(description.layer_names[static_cast<std::size_t>(layer)]);
  }
  map.selected_column = view.layer;
  map.selected_row = context.selection.expert;
  map.value_name = "mean rank overlap with the others";
  map.caption = "mean overlap";
  map.plain = [&](int, int layer) -> std::string {
    return experts(layer) == 1 ? "alone in its layer" : "no subspace of a backbone";
  };
  map.highlighted = [&](int row, int layer) { return context.selection.highlights(layer, row); };
  const HeatmapHit hit = draw_heatmap("##figure", map, size, context, caches_[0]);
  if (hit.row >= 0 && hit.column >= 0) context.selection.hover(hit.column, hit.row);
  if (!hit.clicked) return;
  if (hit.column >= 0) context.selection.layer = hit.column;
  context.selection.expert = hit.row;
}

void SubspaceMaps::alpha(PanelContext& context, SubspaceView& view, ImVec2 size) {
  part_heading(context, "Alpha of " + view.layer_name() + " by dimension; grey: not picked", size);
  if (!view.alpha) return not_yet("##no_alpha", waits, size);
  Heatmap map = layer_map(*view.alpha, view.description->metrics[*view.alpha_metric]);
  map.column_axis.labels = numbered("dimension", map.columns);
  of_experts(map.row_axis, context, view.layer);
  map.selected_column = view.dimension;
  map.high = 0;  // alpha may all but close what is picked: the colours end at the most open
  for (const float open : view.alpha->values)
    map.high = std::max(map.high, static_cast<double>(std::isnan(open) ? 0 : open));
  map.value_name = "open";
  map.missing = "not picked";
  const HeatmapHit hit = draw_heatmap("##alpha", map, size, context, caches_[1]);
  if (hit.row >= 0) context.selection.hover(view.layer, hit.row);
  if (!hit.clicked) return;
  if (hit.column >= 0) view.dimension = hit.column;
  if (hit.row >= 0) context.selection.expert = hit.row;
}

void SubspaceMaps::pairs(PanelContext& context, SubspaceView& view, ImVec2 size) {
  part_heading(context, "Rank overlap of " + view.layer_name() + "'s experts", size);
  if (!view.pairs) return not_yet("##no_pairs", waits, size);
  const auto metric = find_metric(*view.description, "rank_overlap_pairs", view.layer, 2);
  Heatmap map = layer_map(*view.pairs, view.description->metrics[*metric]);
  of_experts(map.row_axis, context, view.layer);
  of_experts(map.column_axis, context, view.layer);
  map.selected_row = context.selection.expert;
  map.value_name = "rank overlap";
  map.caption = "overlap";
  const HeatmapHit hit = draw_heatmap("##pairs", map, size, context, caches_[2]);
  if (hit.row >= 0 || hit.column >= 0) context.selection.hover(view.layer, hit.row >= 0 ? hit.row : hit.column);
  if (hit.clicked && hit.row >= 0) {
    context.selection.expert = context.selection.expert == hit.row ? -1 : hit.row;
  }
}

void SubspaceMaps::tasks(PanelContext& context, SubspaceView& view, ImVec2 size) {
  part_heading(context, "Conflict of tasks, " + view.layer_name(), size);
  if (!view.tasks) return not_yet("##no_tasks", waits, size);
  Heatmap map = layer_map(*view.tasks, view.description->metrics[*view.tasks_metric]);
  map.value_name = "cosine";
  map.missing = "no gradient: it has no direction";
  draw_heatmap("##tasks", map, size, context, caches_[3]);
}

}  // namespace tessera
