// Where runs differ, and how they end.
#include <algorithm>
#include <set>

#include "app/panels/compare_parts.h"
#include "app/panels/widgets.h"
#include "core/lab/recorded_run.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

class Table {
 public:
  Table(PanelContext& context, const ShownRuns& runs) : context_(context), runs_(runs) {}

  template <class TextOf>
  void row(const std::string& name, TextOf text_of) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(name.c_str());
    ImGui::PushFont(context_.figures, 0);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      ImGui::TableNextColumn();
      const std::string text = text_of(i);
      ui::fitted_text(text, ImGui::GetContentRegionAvail().x);
    }
    ImGui::PopFont();
  }
  void heading(const char* text) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ui::muted_text(context_, text);
  }

 private:
  PanelContext& context_;
  const ShownRuns& runs_;
};

// The scalars of all runs, in the order of the first that has each.
std::vector<std::string> scalars_of(const ShownRuns& runs) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const ComparedRun* run : runs) {
    for (const MetricSpec& spec : run->newest->description->metrics) {
      if (spec.rank == 0 && seen.insert(spec.name).second) names.push_back(spec.name);
    }
  }
  return names;
}

std::string last_value(const Snapshot& snapshot, const std::string& metric) {
  const auto& metrics = snapshot.description->metrics;
  for (std::size_t i = 0; i < metrics.size() && i < snapshot.series.size(); ++i) {
    const Series& series = snapshot.series[i];
    if (metrics[i].rank == 0 && metrics[i].name == metric && series.size() > 0) {
      return ui::number(series[series.size() - 1].value);
    }
  }
  return "-";
}

void rows(PanelContext& context, const ShownRuns& runs) {
  Table table(context, runs);
  table.row("state", [&](std::size_t i) { return std::string(to_string(runs[i]->snapshot->state)); });
  table.row("step", [&](std::size_t i) { return with_commas(runs[i]->snapshot->step); });
  std::vector<const Parameters*> parameters;
  std::vector<const std::vector<Intervention>*> timelines;
  static const std::vector<Intervention> none;
  for (const ComparedRun* run : runs) {
    if (run->snapshot->preset) parameters.push_back(&run->snapshot->preset->parameters);
    timelines.push_back(run->snapshot->timeline ? run->snapshot->timeline.get() : &none);
  }
  const auto differing = parameters.size() == runs.size() ? differing_parameters(parameters) : std::vector<Differing>();
  if (!differing.empty()) table.heading("parameters that differ");
  for (const Differing& each : differing) table.row(each.path, [&](std::size_t i) { return each.values[i]; });
  const auto changes = differing_changes(timelines);
  if (!changes.empty()) table.heading("changes while they ran");
  for (const Differing& each : changes) {
    table.row(each.path, [&](std::size_t i) { return each.values[i].empty() ? "-" : each.values[i]; });
  }
  table.heading("last values");
  for (const std::string& metric : scalars_of(runs)) {
    table.row(metric, [&](std::size_t i) { return last_value(*runs[i]->snapshot, metric); });
  }
}

}  // namespace

void draw_compare_table(PanelContext& context, const ShownRuns& runs) {
  constexpr auto flags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_ScrollX | ImGuiTableFlags_RowBg |
                         ImGuiTableFlags_BordersInnerV | ImGuiTableFlags_SizingStretchSame;
  const float least = 110 * context.scale, room = ImGui::GetContentRegionAvail().x;
  const auto columns = static_cast<int>(runs.size()) + 1;
  const float inner = std::max(room, least * static_cast<float>(columns + 1));
  if (columns > 64 || !ImGui::BeginTable("##table", columns, flags, ImVec2(0, 0), inner)) {
    if (columns > 64) ui::wrapped("More runs than a table has room for: hide some.");
    return;
  }
  ImGui::TableSetupScrollFreeze(1, 1);
  ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthStretch, 1.8f);
  for (const ComparedRun* run : runs)
    ImGui::TableSetupColumn(run->about.c_str(), ImGuiTableColumnFlags_WidthStretch, 1);
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  ImGui::TableNextColumn();
  for (const ComparedRun* run : runs) {
    ImGui::TableNextColumn();
    ImGui::PushStyleColor(ImGuiCol_Text, run_colour(*run, context.dark));
    ui::fitted_text(run->name, ImGui::GetContentRegionAvail().x);
    ImGui::PopStyleColor();
  }
  rows(context, runs);
  ImGui::EndTable();
}

}  // namespace tessera
