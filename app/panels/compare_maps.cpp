// A heatmap of two runs side by side, and their difference.
#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/compare_parts.h"
#include "app/panels/lookup.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

struct Found {
  const MetricSpec* spec = nullptr;
  const Matrix* matrix = nullptr;
};

// The matrix of a run: of the chosen layer where the family has one a layer.
Found find(const ComparedRun& run, const std::string& family, int layer) {
  const Snapshot& snapshot = *run.snapshot;
  if (!snapshot.description) return {};
  auto metric = find_metric(*snapshot.description, family, layer, 2);
  if (!metric) metric = find_metric(*snapshot.description, family, -1, 2);
  if (!metric) return {};
  return {&snapshot.description->metrics[*metric], newest(snapshot, metric)};
}

void include(const Matrix& matrix, float& low, float& high) {
  for (const float value : matrix.values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
}

Heatmap map_of(const Found& found, std::span<const float> values) {
  Heatmap map;
  map.rows = found.matrix->rows;
  map.columns = found.matrix->columns;
  map.values = values;
  map.row_axis.title = found.spec->axes[0].title;
  map.row_axis.labels = found.spec->axes[0].labels;
  map.column_axis.title = found.spec->axes[1].title;
  map.column_axis.labels = found.spec->axes[1].labels;
  map.unit = found.spec->unit;
  return map;
}

}  // namespace

void CompareMaps::draw(PanelContext& context, const ShownRuns& runs) {
  std::vector<std::string> families, titles, names;
  for (const ComparedRun* run : runs) {
    names.push_back(run->name);
    for (const MetricSpec& spec : run->newest->description->metrics) {
      const bool known = std::find(families.begin(), families.end(), spec.family) != families.end();
      if (spec.rank != 2 || known) continue;
      families.push_back(spec.family);
      titles.push_back(family_title(*run->newest->description, spec.family));
    }
  }
  if (families.empty()) {
    ui::wrapped("These runs measure no matrix.");
    return;
  }
  const auto wanted = std::find(families.begin(), families.end(), family_);
  auto chosen = static_cast<std::size_t>(wanted == families.end() ? 0 : wanted - families.begin());
  const float room = ImGui::GetContentRegionAvail().x;
  ui::combo("##matrix", chosen, titles, "What is compared", room * 0.4f);
  family_ = families[chosen];
  ImGui::SameLine();
  ui::combo("##first", first_, names, "The run on the left", room * 0.15f);
  ImGui::SameLine();
  ui::combo("##second", second_, names, "The run beside it, from which the first is taken", room * 0.15f);
  ImGui::SameLine();
  ui::layer_combo(context, room * 0.2f);
  maps(context, *runs[first_], *runs[second_], family_);
}

void CompareMaps::maps(PanelContext& context, const ComparedRun& one, const ComparedRun& other,
                       const std::string& family) {
  const Found found[] = {find(one, family, context.selection.layer), find(other, family, context.selection.layer)};
  const ComparedRun* runs[] = {&one, &other};
  const bool both = found[0].matrix && found[1].matrix;
  const bool fit = both && found[0].spec->axes[0].labels == found[1].spec->axes[0].labels &&
                   found[0].spec->axes[1].labels == found[1].spec->axes[1].labels &&
                   found[0].matrix->values.size() == found[1].matrix->values.size();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const ImVec2 spacing = ImGui::GetStyle().ItemSpacing;
  const bool beside = room.x > room.y * 1.2f;
  const float title = ImGui::GetTextLineHeightWithSpacing();
  const ImVec2 size = beside ? ImVec2(std::floor((room.x - 2 * spacing.x) / 3), room.y - title)
                             : ImVec2(room.x, std::floor((room.y - 2 * spacing.y) / 3) - title);
  // One range of colours for both, so that the same colour is the same value.
  float low = 1e30f, high = -1e30f;
  for (const Found& each : found) {
    if (each.matrix) include(*each.matrix, low, high);
  }
  for (int i = 0; i < 2; ++i) {
    ImGui::BeginGroup();
    ImGui::TextColored(ui::colour(run_colour(*runs[i], context.dark)), "%s", ui::fitted(runs[i]->name, size.x).c_str());
    if (found[i].matrix) {
      ImGui::SameLine();
      ui::muted_text(context, ("step " + std::to_string(found[i].matrix->step)).c_str());
      Heatmap map = map_of(found[i], found[i].matrix->values);
      map.colours = found[i].spec->colours;
      map.low = found[i].spec->low;
      map.high = found[i].spec->high;
      if (map.low == map.high && low < high) {
        map.low = map.colours == Colours::diverging ? -std::max(std::abs(low), std::abs(high)) : low;
        map.high = map.colours == Colours::diverging ? -map.low : high;
      }
      map.value_name = family_title(*runs[i]->newest->description, family);
      draw_heatmap(i == 0 ? "##one" : "##other", map, size, context, caches_[i]);
    } else {
      ui::wrapped(found[i].spec ? "Not measured yet." : "This run has no such matrix.");
      ImGui::Dummy(ImVec2(size.x, std::max(1.0f, size.y - title)));
    }
    ImGui::EndGroup();
    if (beside) ImGui::SameLine();
  }
  ImGui::BeginGroup();
  ui::fitted_text(other.name + " less " + one.name, size.x);
  if (fit) {
    difference_.resize(found[0].matrix->values.size());
    for (std::size_t i = 0; i < difference_.size(); ++i) {
      difference_[i] = found[1].matrix->values[i] - found[0].matrix->values[i];
    }
    Heatmap map = map_of(found[0], difference_);
    map.colours = Colours::diverging;
    float largest = 0;
    for (const float value : difference_) largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
    map.high = largest > 0 ? largest : 1;  // without any difference, all of it is zero
    map.low = -map.high;
    map.value_name = "difference";
    map.missing = "one of them has no value";
    draw_heatmap("##difference", map, size, context, caches_[2]);
  } else {
    ui::wrapped(both ? "They have other rows or columns: there is no difference." : "It takes both.");
  }
  ImGui::EndGroup();
}

}  // namespace tessera
