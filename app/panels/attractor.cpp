// Attractor: whether the experts of the head become alike, and how strongly what is to keep them apart acts.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/panels/attractor_view.h"
#include "app/panels/colours.h"
#include "app/panels/figures.h"
#include "app/panels/heatmap.h"
#include "app/panels/lookup.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

struct Map {
  const char *family, *value_name, *missing;
  ui::ViewChoice view;
};
constexpr const char* no_cosine = "no value: of different sizes, or all zero";
constexpr Map maps[] = {
    {"similarity_outputs", "cosine", no_cosine, {"outputs", "Cosine between what two experts make of the samples"}},
    {"similarity_weights", "cosine", no_cosine, {"weights", "Cosine between their weights"}},
    {"similarity_cka", "CKA", "nothing varies", {"CKA", "Centred kernel alignment of what two experts put out"}},
    {"gradient_flow", "gradient norm", "it hasn't begun", {"gradients", "What reaches an expert from which samples"}},
};
constexpr std::size_t by_step = std::size(maps);  // the view after them, of a small window
constexpr const char* names[] = {"outputs", "weights", "cka", "gradients", "by_step"};  // in the settings

// Item ids: "##attractor_view" (a combo where the tabs don't fit), "##experts", and those of attractor_view.h.
class AttractorPanel final : public Panel {
 public:
  const char* name() const override { return "attractor"; }
  const char* title() const override { return "Attractor"; }
  const char* about() const override {
    return "Whether the experts of the head become alike: behind a soft router they may collapse to one another (the "
           "Gaussian attractor), tiles with hard routing don't. Above, how strongly each operator against it acts. "
           "Below, how alike they are now, pair by pair, and over the run: marked where the similarity turns from "
           "rising to falling or back, faintly where a task begins.";
  }
  std::vector<std::string> families() const override {
    return {"operator",
            "similarity_outputs",
            "similarity_weights",
            "similarity_cka",
            "gradient_flow",
            "output_cosine",
            "weight_cosine",
            "output_cka",
            "similarity_slope",
            "phase_transitions",
            "alignment_slope",
            "effective_rank_outputs",
            "effective_rank_weights",
            "excess_kurtosis",
            "non_gaussian"};
  }

  void draw(PanelContext& context) override {
    const Description* description = context.snapshot.description.get();
    const auto layer = description ? measured_layer(*description) : std::nullopt;
    if (!layer) {
      ui::help_button(context, *this);
      ui::empty_state(
          context, *this,
          "Appears with an experiment whose head is tiles or experts, and whose \"attractor every\" is above 0.");
      return;
    }
    measured_ = attractor_measured(context.snapshot, *layer);
    if (draw_operators(context, measured_, ui::room_before_help())) ImGui::SameLine();
    ui::help_button(context, *this);
    figures(context, *layer);
    const ImVec2 room = ImGui::GetContentRegionAvail(), spacing = ImGui::GetStyle().ItemSpacing;
    if (room.x > room.y * 1.5f && room.x >= 520 * context.scale) {
      const float width = std::floor((room.x - 1.5f * spacing.x) * 0.5f);
      map(context, *layer, ImVec2(width, room.y), false);
      ImGui::SameLine(0, 1.5f * spacing.x);
      ImGui::BeginGroup();
      curves_.draw(context, *layer, measured_, ImVec2(room.x - 1.5f * spacing.x - width, room.y));
      ImGui::EndGroup();
    } else if (room.y >= 300 * context.scale) {
      const float height = std::floor((room.y - spacing.y) * 0.6f);
      map(context, *layer, ImVec2(room.x, height), false);
      curves_.draw(context, *layer, measured_, ImVec2(room.x, room.y - spacing.y - height));
    } else {
      map(context, *layer, room, true);
    }
  }

  std::string settings() const override { return std::string("tab=") + names[view_]; }
  void restore(const std::string& text) override {
    for (std::size_t i = 0; i < std::size(names); ++i) {
      if (text == std::string("tab=") + names[i]) view_ = i;
    }
  }

 private:
  static std::optional<int> measured_layer(const Description& description) {
    for (const MetricSpec& spec : description.metrics) {
      if (spec.family == "output_cosine" ||
          std::any_of(std::begin(maps), std::end(maps), [&](const Map& map) { return spec.family == map.family; })) {
        return spec.layer;
      }
    }
    return {};
  }

  void figures(const PanelContext& context, int layer) const {
    const Description& description = *context.snapshot.description;
    const int experts = layer >= 0 && layer < static_cast<int>(description.experts.size())
                            ? description.experts[static_cast<std::size_t>(layer)]
                            : 0;
    std::vector<Figure> shown;
    const auto add = [&](const char* family, const char* label, const auto& text) {
      const auto metric = find_metric(description, family, layer, 0);
      if (!metric) return;
      const auto value = measured_value(context.snapshot, metric, measured_);
      shown.push_back({label, value ? text(*value) : "\u2013", &description.metrics[*metric]});
    };
    const auto printed = [](const char* format) {
      return [format](double value) {
        char text[48];
        std::snprintf(text, sizeof text, format, value);
        return std::string(text);
      };
    };
    add("similarity_slope", "slope", printed("%+.3f/epoch"));
    add("effective_rank_outputs", "effective rank",
        [&](double value) { return printed("%.2f of ")(value) + std::to_string(experts); });
    add("excess_kurtosis", "excess kurtosis", printed("%+.2f"));
    add("non_gaussian", "non-Gaussian", [&](double value) { return printed("%.0f %%")(100 * value); });
    draw_figures(context, shown);
  }

  // The chosen map below its tabs. small: the curves are one of the views.
  void map(PanelContext& context, int layer, ImVec2 size, bool small) {
    const Description& description = *context.snapshot.description;
    std::vector<std::size_t> views;
    std::vector<ui::ViewChoice> choices;
    for (std::size_t i = 0; i < by_step; ++i) {
      if (!find_metric(description, maps[i].family, layer, 2)) continue;
      views.push_back(i);
      choices.push_back(maps[i].view);
    }
    if (small) {
      views.push_back(by_step);
      choices.push_back({"by step", "Means over the pairs, over the run"});
    }
    const auto last = std::find(views.begin(), views.end(), view_);
    auto chosen = static_cast<std::size_t>(last == views.end() ? 0 : last - views.begin());
    ImGui::BeginGroup();
    if (ui::choose_view("##attractor_view", chosen, choices, size.x)) view_ = views[chosen];
    size.y -= ImGui::GetFrameHeightWithSpacing();
    if (!views.empty() && views[chosen] == by_step) {
      curves_.draw(context, layer, measured_, size);
    } else if (!views.empty()) {
      heatmap(context, maps[views[chosen]], layer, size);
    }
    ImGui::EndGroup();
  }

  void heatmap(PanelContext& context, const Map& of, int layer, ImVec2 size) {
    const auto metric = find_metric(*context.snapshot.description, of.family, layer, 2);
    const Matrix* matrix = newest(context.snapshot, metric);
    if (!matrix) {
      if (ImGui::BeginChild("##none", size)) ui::wrapped("Appears with the first measurement of a run.");
      ImGui::EndChild();
      return;
    }
    const MetricSpec& spec = context.snapshot.description->metrics[*metric];
    Heatmap map;
    map.rows = matrix->rows;
    map.columns = matrix->columns;
    map.values = matrix->values;
    map.colours = spec.colours;
    map.low = spec.low;
    map.high = spec.high;
    map.unit = spec.unit;
    map.value_name = of.value_name;
    map.missing = of.missing;
    map.row_axis.title = spec.axes[0].title;
    map.row_axis.labels = spec.axes[0].labels;
    map.row_axis.colour = [dark = context.dark](int expert) { return expert_colour(expert, dark); };
    map.row_axis.highlighted = [&](int expert) { return context.selection.highlights(layer, expert); };
    map.column_axis.title = spec.axes[1].title;
    map.column_axis.labels = spec.axes[1].labels;
    const bool squared = spec.axes[1].labels == spec.axes[0].labels;  // columns are experts, too
    if (squared) {
      map.column_axis.colour = map.row_axis.colour;
      map.column_axis.highlighted = map.row_axis.highlighted;
    }
    map.selected_row = context.selection.layer == layer ? context.selection.expert : -1;
    const HeatmapHit hit = draw_heatmap("##experts", map, size, context, cache_);
    const int expert = hit.row >= 0 ? hit.row : squared ? hit.column : -1;
    if (expert < 0) return;
    context.selection.hover(layer, expert);
    if (!hit.clicked || hit.row < 0) return;
    const bool again = context.selection.layer == layer && context.selection.expert == expert;
    context.selection.layer = layer;
    context.selection.expert = again ? -1 : expert;
  }

  std::size_t view_ = 0;
  std::int64_t measured_ = -1;  // the step of the measurement shown
  SimilarityCurves curves_;
  HeatmapCache cache_;
};

}  // namespace

std::unique_ptr<Panel> make_attractor_panel() { return std::make_unique<AttractorPanel>(); }

}  // namespace tessera
