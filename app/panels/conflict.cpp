// Conflict: do groups of classes pull a layer's parameters in opposite directions? Cosines of their gradients, and the
// share of pairs that disagree, over time.
#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/curve.h"
#include "app/panels/heatmap.h"
#include "app/panels/lookup.h"
#include "app/panels/panels.h"
#include "app/panels/step_plot.h"
#include "app/panels/widgets.h"
#include "implot.h"

namespace tessera {
namespace {

// Item ids: "##part", "##layer", "##cosines", "##rate".
class ConflictPanel final : public Panel {
 public:
  const char* name() const override { return "conflict"; }
  const char* title() const override { return "Conflict"; }
  const char* about() const override {
    return "The cosine between the gradients of groups of classes: below zero (blue) a step that helps one group hurts "
           "the other. The conflict rate is the share of pairs below zero.";
  }
  std::vector<std::string> families() const override {
    std::vector<std::string> all;
    for (const Part& part : parts_) all.push_back(part.family);
    all.push_back("conflict_rate");
    return all;
  }

  void draw(PanelContext& context) override {
    const Description* description = context.snapshot.description.get();
    parts_.clear();
    if (description) find_parts(*description);
    std::vector<std::string> items;
    for (const Part& part : parts_) items.push_back(part.label);
    const float room = ui::room_before_help();
    ui::combo("##part", part_, items, "The parameters whose gradients are compared", room * 0.6f);
    if (!items.empty()) ImGui::SameLine();
    ImGui::BeginDisabled(!parts_.empty() && parts_[part_].layerless);
    ui::layer_combo(context, room * 0.4f);
    ImGui::EndDisabled();
    ImGui::SameLine();
    ui::help_button(context, *this);
    if (parts_.empty()) {
      ui::empty_state(context, *this, "Appears when a run measures conflict (measure.conflict_every).");
      return;
    }
    const Part& part = parts_[part_];
    const int layer = part.layerless ? -1 : context.selection.layer;
    const auto metric = find_metric(*description, part.family, layer, 2);
    const Matrix* cosines = newest(context.snapshot, metric);
    if (!cosines) {
      ui::empty_state(context, *this,
                      metric ? "Appears with the first measurement of a run." : "It is not measured for this layer.");
      return;
    }
    const ImVec2 room_left = ImGui::GetContentRegionAvail();
    const bool beside = room_left.x > room_left.y * 1.5f;
    const ImVec2 spacing = ImGui::GetStyle().ItemSpacing;
    ImVec2 map_size = room_left, rate_size = room_left;
    if (beside) {
      map_size.x = std::floor((room_left.x - spacing.x) * 0.6f);
      rate_size.x = room_left.x - map_size.x - spacing.x;
    } else {
      const float least = 3.1f * ImGui::GetTextLineHeight();
      rate_size.y = std::floor(std::clamp(room_left.y * 0.3f - 2 * least, least, 8 * least));
      map_size.y = room_left.y - rate_size.y - spacing.y;
    }
    draw_cosines(context, *cosines, description->metrics[*metric], map_size);
    if (beside) ImGui::SameLine();
    ImGui::BeginGroup();  // the lines of what follows begin beside the heatmap
    draw_rate(context, part, layer, rate_size);
    ImGui::EndGroup();
  }

  std::string settings() const override { return "part=" + std::to_string(part_); }
  void restore(const std::string& text) override {
    if (text.starts_with("part=") && text.size() == 6 && text[5] >= '0' && text[5] <= '9') {
      part_ = static_cast<std::size_t>(text[5] - '0');
    }
  }

 private:
  struct Part {
    std::string family, label;
    bool layerless;  // of no layer: the encoder
  };

  // "conflict" is of router and experts together; "conflict_router" names its part; the encoder has no layer.
  void find_parts(const Description& description) {
    for (const std::string& family : matrix_families(description, "conflict")) {
      bool layered = false, layerless = false;
      for (const MetricSpec& spec : description.metrics) {
        if (spec.family != family || spec.rank != 2) continue;
        (spec.layer < 0 ? layerless : layered) = true;
      }
      const std::string rest = family.size() > 9 ? words(family.substr(9)) : std::string();
      if (layered) parts_.push_back({family, rest.empty() ? "router and experts" : rest, false});
      if (layerless) parts_.push_back({family, rest.empty() ? "encoder" : rest, true});
    }
    if (!parts_.empty()) part_ = std::min(part_, parts_.size() - 1);
  }

  void draw_cosines(PanelContext& context, const Matrix& cosines, const MetricSpec& spec, ImVec2 size) {
    Heatmap map;
    map.rows = cosines.rows;
    map.columns = cosines.columns;
    map.values = cosines.values;
    map.colours = Colours::diverging;
    map.low = spec.low < 0 ? spec.low : -1;
    map.high = spec.high > 0 ? spec.high : 1;
    map.row_axis.title = spec.axes[0].title;
    map.row_axis.labels = spec.axes[0].labels;
    map.column_axis.title = spec.axes[1].title;
    map.column_axis.labels = spec.axes[1].labels;
    map.value_name = "cosine";
    map.missing = "no gradient: it has no direction";
    draw_heatmap("##cosines", map, size, context, cache_);
  }

  void draw_rate(const PanelContext& context, const Part& part, int layer, ImVec2 size) {
    const Description& description = *context.snapshot.description;
    // conflict_router has conflict_rate_router, if that is recorded; else the rate of the whole layer.
    const std::string suffix = part.family.size() > 8 ? part.family.substr(8) : std::string();
    auto metric = find_metric(description, "conflict_rate" + suffix, layer, 0);
    if (!metric) metric = find_metric(description, "conflict_rate", layer, 0);
    if (!metric || *metric >= context.newest.series.size()) return;
    if (*metric != rate_metric_) rate_ = Curve();
    rate_metric_ = *metric;
    rate_.update(context.newest.series[*metric], context.newest.run, 0);
    const double end = std::max<double>(1, static_cast<double>(context.newest.step));
    const auto shown = rate_.at(context.moment >= 0 ? static_cast<double>(context.moment) : end);
    // With little height the figures are left of the plot and the step axis has none.
    const bool flat = size.y < 7 * ImGui::GetTextLineHeight();
    const ImVec2 spacing = ImGui::GetStyle().ItemSpacing;
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(spacing.x, 0));
    ImGui::BeginGroup();
    ui::muted_text(context, flat ? "conflict rate" : "conflict rate by step");
    if (flat) ui::muted_text(context, context.moment >= 0 ? "by step, then" : "by step, now");
    if (!flat) ImGui::SameLine();
    ImGui::PushFont(context.figures, 0);
    ImGui::TextUnformatted(shown ? ui::number(shown->value).c_str() : "");
    ImGui::PopFont();
    ImGui::EndGroup();
    ImGui::PopStyleVar();
    if (flat) {
      size.x -= ImGui::GetItemRectSize().x + spacing.x;
      ImGui::SameLine();
    } else {
      size.y -= ImGui::GetTextLineHeightWithSpacing();
    }
    plot_rate(context, end, flat, size);
  }

  void plot_rate(const PanelContext& context, double end, bool flat, ImVec2 size) const {
    const StepPlotStyle tight(!flat);
    if (ImPlot::BeginPlot("##rate", size, ImPlotFlags_CanvasOnly | ImPlotFlags_NoFrame)) {
      ImPlot::SetupAxes(nullptr, nullptr, flat ? ImPlotAxisFlags_NoDecorations : ImPlotAxisFlags_NoTickMarks,
                        ImPlotAxisFlags_NoTickMarks);
      ImPlot::SetupAxesLimits(0, end, -0.03, 1.03, ImPlotCond_Always);
      constexpr double ticks[] = {0, 0.5, 1};
      constexpr double ends[] = {0, 1};
      if (flat) {
        ImPlot::SetupAxisTicks(ImAxis_Y1, ends, 2);
      } else {
        ImPlot::SetupAxisTicks(ImAxis_Y1, ticks, 3);
      }
      const auto points = static_cast<std::size_t>(std::max(8.0f, size.x / 2));
      const Polyline line = rate_.raw(0, end, points, false);
      ImPlotSpec style;
      style.LineColor = ui::colour(tones(context.dark).accent);
      style.LineWeight = 1.5f * context.scale;
      ImPlot::PlotLine("rate", line.x.data(), line.y.data(), static_cast<int>(line.x.size()), style);
      plot_moment(context);
      if (ImPlot::IsPlotHovered()) {
        if (const auto reading = rate_.at(ImPlot::GetPlotMousePos().x)) {
          ImGui::SetTooltip("step %lld: %.3f", static_cast<long long>(reading->step), reading->value);
        }
      }
      ImPlot::EndPlot();
    }
  }

  std::vector<Part> parts_;
  std::size_t part_ = 0;
  std::size_t rate_metric_ = 0;
  Curve rate_;
  HeatmapCache cache_;
};

}  // namespace

std::unique_ptr<Panel> make_conflict_panel() { return std::make_unique<ConflictPanel>(); }

}  // namespace tessera
