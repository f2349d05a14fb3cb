// Overlap: how much of an expert's work other experts do too, for all layers; and pair by pair for one layer.
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/panels/colours.h"
#include "app/panels/heatmap.h"
#include "app/panels/lookup.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

// Item ids: "##measure", "##layer", "##experts_by_layers", "##pairs".
class OverlapPanel final : public Panel {
 public:
  const char* name() const override { return "overlap"; }
  const char* title() const override { return "Overlap"; }
  const char* about() const override {
    return "How much of an expert's work other experts do too. A cell is the mean over the other experts of its layer; "
           "click one for the pairs behind it. Dead experts are hatched and left out.";
  }
  std::vector<std::string> families() const override { return {"overlap", "co_activation", "coactivation"}; }

  void draw(PanelContext& context) override {
    const Snapshot& snapshot = context.snapshot;
    measures_.clear();
    if (snapshot.description) {
      for (const char* prefix : {"overlap", "co_activation", "coactivation"}) {
        for (std::string& family : matrix_families(*snapshot.description, prefix)) {
          measures_.push_back(std::move(family));
        }
      }
    }
    std::vector<std::string> items;
    for (const std::string& measure : measures_) items.push_back(family_title(*snapshot.description, measure));
    const float room = ui::room_before_help();
    if (ui::combo("##measure", measure_, items, "What is counted as overlap", room * 0.55f)) {
      context.selection.expert = -1;
    }
    if (!items.empty()) ImGui::SameLine();
    ui::layer_combo(context, room * 0.45f);
    ImGui::SameLine();
    ui::help_button(context, *this);

    if (measures_.empty() || !collect(context)) {
      ui::empty_state(context, *this, "Appears with the first measurement of a run.");
      return;
    }
    const ImVec2 room_left = ImGui::GetContentRegionAvail();
    const float spacing = ImGui::GetStyle().ItemSpacing.x * 1.5f;
    if (room_left.x > room_left.y * 1.1f) {
      const float share = std::clamp(0.26f + 0.03f * static_cast<float>(layers_.size()), 0.34f, 0.48f);
      const float width = std::floor((room_left.x - spacing) * share);
      overview(context, ImVec2(width, room_left.y));
      ImGui::SameLine(0, spacing);
      pairs(context, ImVec2(room_left.x - spacing - width, room_left.y));
    } else {
      const float height = std::floor((room_left.y - ImGui::GetStyle().ItemSpacing.y) / 2);
      overview(context, ImVec2(room_left.x, height));
      pairs(context, ImVec2(room_left.x, height));
    }
  }

  std::string settings() const override { return "measure=" + std::to_string(measure_); }
  void restore(const std::string& text) override {
    if (text == "measure=1") measure_ = 1;
  }

 private:
  // The mean overlap of each expert (rows) of each layer (columns). False when there is none yet.
  bool collect(const PanelContext& context) {
    const Description& description = *context.snapshot.description;
    layers_.clear();
    experts_ = 0;
    bool any = false;
    for (int layer = 0; layer < description.layers; ++layer) {
      const auto metric = find_metric(description, measures_[measure_], layer, 2);
      if (!metric) continue;
      layers_.push_back({layer, *metric});
      experts_ = std::max(experts_, description.experts[static_cast<std::size_t>(layer)]);
      any = any || newest(context.snapshot, *metric);
    }
    lone_.assign(layers_.size(), -1);
    means_.assign(layers_.size() * static_cast<std::size_t>(experts_), std::numeric_limits<float>::infinity());
    for (std::size_t column = 0; column < layers_.size(); ++column) {
      const Matrix* matrix = newest(context.snapshot, layers_[column].metric);
      if (!matrix) continue;
      const std::vector<float> means = row_means_without_diagonal(*matrix);
      for (std::size_t row = 0; row < means.size() && row < static_cast<std::size_t>(experts_); ++row) {
        means_[row * layers_.size() + column] = means[row];
      }
      const std::vector<bool> lone = lone_rows(*matrix);
      const auto last = std::find(lone.begin(), lone.end(), true);
      if (last != lone.end()) lone_[column] = static_cast<int>(last - lone.begin());
    }
    return any;
  }

  void overview(PanelContext& context, ImVec2 size) {
    const Description& description = *context.snapshot.description;
    Heatmap map;
    map.rows = experts_;
    map.columns = static_cast<int>(layers_.size());
    map.values = means_;
    const MetricSpec& spec = description.metrics[layers_.front().metric];
    style(map, spec, context);
    map.row_axis.title = "expert";
    for (int expert = 0; expert < experts_; ++expert) {
      map.row_axis.labels.push_back("expert " + std::to_string(expert));
    }
    map.column_axis.title = "layer";
    for (const Column& column : layers_) {
      map.column_axis.labels.push_back(description.layer_names[static_cast<std::size_t>(column.layer)]);
      if (column.layer == context.selection.layer) {
        map.selected_column = static_cast<int>(map.column_axis.labels.size()) - 1;
      }
    }
    map.selected_row = context.selection.expert;
    map.value_name = "mean " + family_title(description, measures_[measure_]);
    map.caption = "mean";
    map.plain = [&](int row, int column) -> std::string {
      return lone_[static_cast<std::size_t>(column)] == row ? "alone: all other experts of the layer are dead" : "";
    };
    map.highlighted = [&](int row, int column) {
      return context.selection.highlights(layers_[static_cast<std::size_t>(column)].layer, row);
    };
    const HeatmapHit hit = draw_heatmap("##experts_by_layers", map, size, context, overview_cache_);
    if (hit.column < 0) return;
    const int layer = layers_[static_cast<std::size_t>(hit.column)].layer;
    if (hit.row >= 0) context.selection.hover(layer, hit.row);
    if (hit.clicked) {
      context.selection.layer = layer;
      context.selection.expert = hit.row;
    }
  }

  void pairs(PanelContext& context, ImVec2 size) {
    const Description& description = *context.snapshot.description;
    const int layer = context.selection.layer;
    const auto metric = find_metric(description, measures_[measure_], layer, 2);
    const Matrix* matrix = newest(context.snapshot, metric);
    if (!matrix) {
      ImGui::BeginChild("##no_pairs", size);
      ui::wrapped("No " + family_title(description, measures_[measure_]) + " is measured for this layer yet.");
      ImGui::EndChild();
      return;
    }
    const MetricSpec& spec = description.metrics[*metric];
    Heatmap map;
    map.rows = matrix->rows;
    map.columns = matrix->columns;
    map.values = matrix->values;
    style(map, spec, context);
    map.row_axis.title = spec.axes[0].title;
    map.row_axis.labels = spec.axes[0].labels;
    map.column_axis.title = spec.axes[1].title;
    map.column_axis.labels = spec.axes[1].labels;
    map.column_axis.colour = map.row_axis.colour;
    map.value_name = family_title(description, measures_[measure_]);
    map.caption = description.layer_names[static_cast<std::size_t>(layer)];
    map.selected_row = context.selection.expert;
    map.row_axis.highlighted = [&](int expert) { return context.selection.highlights(layer, expert); };
    map.column_axis.highlighted = map.row_axis.highlighted;
    const HeatmapHit hit = draw_heatmap("##pairs", map, size, context, pairs_cache_);
    if (hit.row >= 0 || hit.column >= 0) context.selection.hover(layer, hit.row >= 0 ? hit.row : hit.column);
    if (hit.clicked && hit.row >= 0) {
      context.selection.expert = context.selection.expert == hit.row ? -1 : hit.row;
    }
  }

  static void style(Heatmap& map, const MetricSpec& spec, const PanelContext& context) {
    map.colours = spec.colours;
    map.low = spec.low;
    map.high = spec.high;
    map.unit = spec.unit;
    map.missing = "dead: it has had no token";
    map.row_axis.colour = [dark = context.dark](int expert) { return expert_colour(expert, dark); };
  }

  struct Column {
    int layer;
    std::size_t metric;
  };
  std::vector<std::string> measures_;
  std::size_t measure_ = 0;
  std::vector<Column> layers_;
  std::vector<float> means_;
  std::vector<int> lone_;  // by column of the overview: the only expert that is alive, or -1
  int experts_ = 0;
  HeatmapCache overview_cache_, pairs_cache_;
};

}  // namespace

std::unique_ptr<Panel> make_overlap_panel() { return std::make_unique<OverlapPanel>(); }

}  // namespace tessera
