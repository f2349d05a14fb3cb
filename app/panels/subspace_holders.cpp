// Who holds a dimension, and the scalars of a layer.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/panels/colours.h"
#include "app/panels/figures.h"
#include "app/panels/lookup.h"
#include "app/panels/subspace_view.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr const char* figures[] = {"rank_overlap", "shared_dimensions",   "gradient_interference",
                                   "isolation",    "topological_entropy", "evictions"};

std::string tasks_text(const Holder& holder, const std::vector<std::string>& names) {
  std::string text;
  for (const Holder::Task& task : holder.tasks) {
    char share[16];
    std::snprintf(share, sizeof share, " %.0f %%", static_cast<double>(task.share) * 100);
    const auto index = static_cast<std::size_t>(task.task);
    text += (text.empty() ? "" : ", ") + (index < names.size() ? names[index] : std::to_string(task.task)) + share;
  }
  return text.empty() ? "none" : text;
}

void holder_row(PanelContext& context, const SubspaceView& view, const Holder& holder) {
  const float line = ImGui::GetTextLineHeight(), half = std::round(line * 0.3f);
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool selected =
      context.selection.expert == holder.expert || context.selection.highlights(view.layer, holder.expert);
  const std::string id = "##holder " + std::to_string(holder.expert);
  if (ImGui::Selectable(id.c_str(), selected, ImGuiSelectableFlags_SpanAllColumns)) {
    context.selection.expert = holder.expert;
  }
  if (ImGui::IsItemHovered()) context.selection.hover(view.layer, holder.expert);
  ImGui::SameLine(0, 0);
  ImGui::GetWindowDrawList()->AddRectFilled(ImVec2(at.x, at.y + line / 2 - half),
                                            ImVec2(at.x + 2 * half, at.y + line / 2 + half),
                                            expert_colour(holder.expert, context.dark), 2);
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + line);
  ImGui::Text("%d", holder.expert);
  ImGui::TableNextColumn();
  ImGui::PushFont(context.figures, 0);
  ImGui::Text("%.2f", static_cast<double>(holder.open));
  ImGui::PopFont();
  if (!view.shares) return;
  ImGui::TableNextColumn();
  const MetricSpec& shares = view.description->metrics[*find_metric(*view.description, "task_share", view.layer, 2)];
  ui::fitted_text(tasks_text(holder, shares.axes[1].labels), ImGui::GetContentRegionAvail().x);
}

void holder_table(PanelContext& context, const SubspaceView& view, const std::vector<Holder>& holders, float height) {
  constexpr auto flags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp;
  if (!ImGui::BeginTable("##holders", view.shares ? 3 : 2, flags, ImVec2(0, height))) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("expert", 0, 1);
  ImGui::TableSetupColumn("open", 0, 1);
  if (view.shares) {
    ImGui::TableSetupColumn("of the tasks", 0, 2.6f);
  }
  ImGui::TableHeadersRow();
  for (const Holder& holder : holders) holder_row(context, view, holder);
  ImGui::EndTable();
}

}  // namespace

void draw_holders(PanelContext& context, SubspaceView& view, SubspaceConflict& conflict, ImVec2 size) {
  part_heading(context, "Who holds a dimension", size);
  if (!ImGui::BeginChild("##holding", size) || !view.alpha) {
    ImGui::EndChild();
    return;
  }
  if (view.dimension < 0) {
    ui::wrapped(view.several_tasks() ? "Click a dimension in a heatmap: here are the experts that picked it, the tasks "
                                       "that they serve, and the cosines of the tasks' gradients on it."
                                     : "Click a dimension in a heatmap: here are the experts that picked it.");
    ImGui::EndChild();
    return;
  }
  int typed = view.dimension;
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("dimension");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(std::min(130 * context.scale, ImGui::GetContentRegionAvail().x));
  if (ImGui::InputInt("##dimension", &typed)) view.dimension = std::clamp(typed, 0, view.alpha->columns - 1);
  const std::vector<Holder> holders = holders_of(*view.alpha, view.shares, view.dimension);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float row = ImGui::GetTextLineHeightWithSpacing() + 2 * ImGui::GetStyle().CellPadding.y;
  const float all = row * (static_cast<float>(holders.size()) + 1.2f);
  if (holders.empty()) {
    ui::wrapped("No expert has picked it.");
  } else {
    holder_table(context, view, holders, view.several_tasks() ? std::min(all, room.y * 0.5f) : room.y);
  }
  if (view.conflict_metric) conflict.cosines(context, view, ImGui::GetContentRegionAvail());
  ImGui::EndChild();
}

void draw_subspace_figures(const PanelContext& context, const SubspaceView& view) {
  std::vector<Figure> shown;
  for (const char* family : figures) {
    const auto metric = find_metric(*view.description, family, view.layer, 0);
    const auto value = last_value(context.snapshot, metric);
    if (!value) continue;
    shown.push_back({family_title(*view.description, family), ui::number(*value), &view.description->metrics[*metric]});
  }
  draw_figures(context, shown);
}

std::vector<std::string> subspace_families() {
  std::vector<std::string> all(std::begin(figures), std::end(figures));
  for (const char* family : {"rank_overlap_by_layer", "subspace_alpha", "rank_overlap_pairs", "task_conflict",
                             "dimension_conflict", "task_share", "alpha_gradient_conflict"}) {
    all.emplace_back(family);
  }
  return all;
}

}  // namespace tessera
