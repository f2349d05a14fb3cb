// Routing: which expert serves which class, and how the load is spread.
#include <algorithm>
#include <cmath>

#include "app/panels/bars.h"
#include "app/panels/colours.h"
#include "app/panels/heatmap.h"
#include "app/panels/lookup.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

// Item ids: "Bars", "Matrix", "##by", "##layer", "##shares", "##load", "##matrix".
class RoutingPanel final : public Panel {
 public:
  const char* name() const override { return "routing"; }
  const char* title() const override { return "Routing"; }
  const char* about() const override {
    return "Which expert serves which class: each bar is a class, divided among the experts that its tokens go to. "
           "Beside it, every expert's load against an even share; experts without a token are dead.";
  }
  std::vector<std::string> families() const override {
    return {"routing", "routing_by_character", "load", "load_cv", "max_vio", "dead_experts"};
  }

  void draw(PanelContext& context) override {
    if (ui::tab("Bars", !matrix_view_)) matrix_view_ = false;
    ImGui::SameLine(0, 2);
    if (ui::tab("Matrix", matrix_view_)) matrix_view_ = true;
    ImGui::SameLine();
    const Description* description = context.snapshot.description.get();
    const std::string family = choose_classes(description, ui::room_before_help() * 0.55f);
    ui::layer_combo(context, ui::room_before_help());
    ImGui::SameLine();
    ui::help_button(context, *this);
    const int layer = context.selection.layer;
    const auto metric = description ? find_metric(*description, family, layer, 2) : std::nullopt;
    const Matrix* routed = newest(context.snapshot, metric);
    if (!routed) {
      ui::empty_state(context, *this,
                      description && !metric ? "There is nothing to see of this layer: choose another."
                                             : "Appears with the first measurement of a run.");
      return;
    }
    const std::vector<bool> dead = empty_rows(*routed);
    const MetricSpec& spec = description->metrics[*metric];
    const bool any_dead = std::find(dead.begin(), dead.end(), true) != dead.end();
    ImVec2 room = ImGui::GetContentRegionAvail();
    if (any_dead) room.y -= ImGui::GetTextLineHeightWithSpacing();
    const float spacing = ImGui::GetStyle().ItemSpacing.x * 1.5f;
    const float width = std::floor((room.x - spacing) * 0.64f);
    const std::vector<float> shares = column_shares(*routed);
    const RoutedLayer of_layer{layer, spec.axes[0].title};
    if (matrix_view_) {
      draw_matrix(context, *routed, spec, shares, ImVec2(width, room.y));
    } else {
      const BarHit hit = stacked_bars("##shares", spec.axes[1].labels, shares, routed->rows, of_layer,
                                      spec.axes[1].title + " by " + of_layer.noun, ImVec2(width, room.y), context);
      select(context, hit);
    }
    ImGui::SameLine(0, spacing);
    const Matrix* assigned = newest(context.snapshot, find_metric(*description, "load", layer, 2));
    const std::vector<float> load =
        assigned && assigned->rows == routed->rows && assigned->columns == 1 ? assigned->values : row_shares(*routed);
    select(context, load_bars("##load", load, dead, of_layer, ImVec2(room.x - spacing - width, room.y), context));
    if (any_dead) name_dead(context, dead, spec);
  }

  std::string settings() const override {
    return std::string(matrix_view_ ? "view=matrix" : "view=bars") + (by_ > 0 ? " by=" + std::to_string(by_) : "");
  }
  void restore(const std::string& text) override {
    matrix_view_ = text.starts_with("view=matrix");
    by_ = text.ends_with(" by=1") ? 1 : 0;
  }

 private:
  // What routing is shown by, where a run has more than its classes: those of the tokens themselves. The family.
  std::string choose_classes(const Description* description, float room) {
    if (!description) return "routing";
    const std::vector<std::string> families = matrix_families(*description, "routing");
    if (families.size() < 2) return "routing";
    std::vector<std::string> items;
    for (const std::string& family : families) {
      for (const MetricSpec& spec : description->metrics) {
        if (spec.family != family || spec.rank != 2) continue;
        items.push_back("by " + spec.axes[1].title);
        break;
      }
    }
    std::size_t chosen = std::min(by_, families.size() - 1);
    if (ui::combo("##by", chosen, items, "Which classes of tokens", room)) by_ = chosen;
    ImGui::SameLine();
    return families[chosen];
  }
  bool by_tokens() const { return by_ > 0; }

  static void select(PanelContext& context, const BarHit& hit) {
    const int layer = context.selection.layer;
    if (hit.part >= 0) context.selection.hover(layer, hit.part);
    if (hit.clicked && hit.part >= 0) {
      context.selection.expert = context.selection.expert == hit.part ? -1 : hit.part;
    }
  }

  void draw_matrix(PanelContext& context, const Matrix& routed, const MetricSpec& spec,
                   const std::vector<float>& shares, ImVec2 size) {
    // Classes are rows here: their names are long, those of experts are numbers.
    turned_.assign(shares.size(), 0);
    for (int expert = 0; expert < routed.rows; ++expert) {
      for (int group = 0; group < routed.columns; ++group) {
        turned_[static_cast<std::size_t>(group) * static_cast<std::size_t>(routed.rows) + expert] =
            shares[static_cast<std::size_t>(expert) * static_cast<std::size_t>(routed.columns) + group];
      }
    }
    const int layer = context.selection.layer;
    Heatmap map;
    map.rows = routed.columns;
    map.columns = routed.rows;
    map.values = turned_;
    map.row_axis.title = spec.axes[1].title;
    map.row_axis.labels = spec.axes[1].labels;
    map.column_axis.title = spec.axes[0].title;
    map.column_axis.labels = spec.axes[0].labels;
    map.column_axis.colour = [dark = context.dark](int expert) { return expert_colour(expert, dark); };
    map.column_axis.highlighted = [&](int expert) { return context.selection.highlights(layer, expert); };
    map.value_name = "share";
    map.high = *std::max_element(shares.begin(), shares.end());
    if (map.high > 0.5 || map.high <= 0) map.high = 1;              // with many experts all shares are small
    map.selected_row = by_tokens() ? -1 : context.selection.group;  // the window's selection is one of classes
    map.selected_column = context.selection.expert;
    const HeatmapHit hit = draw_heatmap("##matrix", map, size, context, cache_);
    if (hit.column >= 0) context.selection.hover(layer, hit.column);
    if (hit.clicked && hit.column >= 0) {
      context.selection.expert = context.selection.expert == hit.column ? -1 : hit.column;
    } else if (hit.clicked && !by_tokens()) {
      context.selection.group = context.selection.group == hit.row ? -1 : hit.row;
    }
  }

  static void name_dead(const PanelContext& context, const std::vector<bool>& dead, const MetricSpec& spec) {
    std::vector<std::string> names;
    for (std::size_t expert = 0; expert < dead.size() && expert < spec.axes[0].labels.size(); ++expert) {
      if (dead[expert]) names.push_back(spec.axes[0].labels[expert]);
    }
    ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).error);
    ui::fitted_text("dead: " + joined(names), ImGui::GetContentRegionAvail().x);
    ImGui::PopStyleColor();
  }

  bool matrix_view_ = false;
  std::size_t by_ = 0;
  std::vector<float> turned_;
  HeatmapCache cache_;
};

}  // namespace

std::unique_ptr<Panel> make_routing_panel() { return std::make_unique<RoutingPanel>(); }

}  // namespace tessera
