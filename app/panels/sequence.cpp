// Tasks one after another: the accuracy matrix as it fills in, what is forgotten, and which expert serves which task.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/panels/colours.h"
#include "app/panels/figures.h"
#include "app/panels/heatmap.h"
#include "app/panels/lookup.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr const char* by_task = "routing_by_task";

struct View {
  const char* name;  // of the scenario in the metrics' names
  ui::ViewChoice choice;
};
constexpr View views[] = {
    {"task_il", {"task told", "The largest logit among the classes of the task wins."}},
    {"class_il", {"not told", "The largest logit of all tasks that have begun wins."}},
    {"class_mean", {"class mean", "The tile (without tiles: the task) is inferred: by the nearest mean of a class."}},
    {"entropy", {"entropy", "The tile (without tiles: the task) is inferred: by the least entropy of its output."}},
    {"classifier",
     {"classifier", "The tile (without tiles: the task) is inferred: by a classifier that learns along."}},
    {by_task, {"routing", "Mean routing weight of each expert of a layer on the test samples of each task"}},
};

// Routing: of that layer, else of the last one that has it, the head.
std::optional<std::size_t> metric_of(const Description& description, const View& view, int layer) {
  if (view.name != by_task) return metric_named(description, std::string("accuracy_matrix/") + view.name);
  std::optional<std::size_t> found = find_metric(description, by_task, layer, 2);
  for (int other = description.layers - 1; !found && other >= 0; --other) {
    found = find_metric(description, by_task, other, 2);
  }
  return found;
}

std::string percent(double value) {
  if (std::isnan(value)) return ui::number(value);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * value);
  return text;
}

// Item ids: the labels of the views ("task told") or the combo "##view"; "##layer", "##accuracies",
// "##routing_by_task".
class SequencePanel final : public Panel {
 public:
  const char* name() const override { return "sequence"; }
  const char* title() const override { return "Sequence"; }
  const char* about() const override {
    return "Tasks that are learned one after another: a row for each task that has been learned, with the accuracy on "
           "every task then. What fades in a column, from its diagonal down, is forgotten. Routing: which expert "
           "serves "
           "which task.";
  }
  std::vector<std::string> families() const override {
    return {"accuracy_matrix", "accuracy", "forgetting", "bwt", by_task};
  }

  void draw(PanelContext& context) override {
    const Description* description = context.snapshot.description.get();
    std::vector<std::size_t> shown;
    std::vector<ui::ViewChoice> choices;
    for (std::size_t i = 0; i < std::size(views); ++i) {
      if (!description || !metric_of(*description, views[i], context.selection.layer)) continue;
      shown.push_back(i);
      choices.push_back(views[i].choice);
    }
    if (shown.empty()) {
      ui::help_button(context, *this);
      ui::empty_state(context, *this, "Appears with an experiment whose task.kind is sequence.");
      return;
    }
    // What isn't there in this experiment stays chosen for the next one that has it.
    const auto last = std::find(shown.begin(), shown.end(), view_);
    auto chosen = static_cast<std::size_t>(last == shown.end() ? 0 : last - shown.begin());
    const bool layered = views[shown[chosen]].name == by_task && description->layers > 1;
    const float room = ui::room_before_help(), of_layer = layered ? std::min(110 * context.scale, room * 0.4f) : 0;
    if (ui::choose_view("##view", chosen, choices, room - of_layer)) view_ = shown[chosen];
    ImGui::SameLine();
    if (layered) {
      ui::layer_combo(context, of_layer - ImGui::GetStyle().ItemSpacing.x);
      ImGui::SameLine();
    }
    ui::help_button(context, *this);
    const View& view = views[shown[chosen]];
    const std::size_t metric = *metric_of(*description, view, context.selection.layer);
    const Matrix* matrix = newest(context.snapshot, metric);
    if (view.name == by_task) {
      routing(context, description->metrics[metric], matrix);
    } else {
      accuracies(context, view.name, description->metrics[metric], matrix);
    }
  }

  std::string settings() const override { return std::string("view=") + views[view_].name; }
  void restore(const std::string& text) override {
    if (text == "told=1" || text == "told=0") view_ = text == "told=1" ? 0 : 1;  // as it was written once
    for (std::size_t i = 0; i < std::size(views); ++i) {
      if (text == std::string("view=") + views[i].name) view_ = i;
    }
  }

 private:
  static Heatmap map_of(const MetricSpec& spec, const Matrix& matrix) {
    Heatmap map;
    map.rows = matrix.rows;
    map.columns = matrix.columns;
    map.values = matrix.values;
    map.row_axis.title = spec.axes[0].title;
    map.row_axis.labels = spec.axes[0].labels;
    map.column_axis.title = spec.axes[1].title;
    map.column_axis.labels = spec.axes[1].labels;
    return map;
  }

  void accuracies(PanelContext& context, const std::string& scenario, const MetricSpec& spec, const Matrix* matrix) {
    if (!matrix) {
      ui::empty_state(context, *this, "Appears at the end of the first task.");
      return;
    }
    figures(context, scenario);
    Heatmap map = map_of(spec, *matrix);
    map.value_name = "accuracy";
    map.plain = [&](int row, int column) -> std::string {
      const auto width = static_cast<std::size_t>(map.columns);
      bool measured = false;  // anything in the row
      for (std::size_t c = 0; c < width; ++c) {
        measured = measured || !std::isnan(matrix->values[static_cast<std::size_t>(row) * width + c]);
      }
      return !measured ? "not learned yet" : column > row ? "this task hasn't begun then" : "";
    };
    map.missing = "no test sample";
    draw_heatmap("##accuracies", map, ImGui::GetContentRegionAvail(), context, cache_);
  }

  void routing(PanelContext& context, const MetricSpec& spec, const Matrix* matrix) {
    if (!matrix) {
      ui::empty_state(context, *this, "Appears with the first measurement of a run.");
      return;
    }
    Heatmap map = map_of(spec, *matrix);
    map.low = spec.low;
    map.high = spec.high;
    map.value_name = "mean weight";
    map.missing = "no test sample";
    map.row_axis.colour = [dark = context.dark](int expert) { return expert_colour(expert, dark); };
    map.row_axis.highlighted = [&](int expert) { return context.selection.highlights(spec.layer, expert); };
    map.selected_row = context.selection.layer == spec.layer ? context.selection.expert : -1;
    const HeatmapHit hit =
        draw_heatmap("##routing_by_task", map, ImGui::GetContentRegionAvail(), context, routing_cache_);
    if (hit.row < 0) return;
    context.selection.hover(spec.layer, hit.row);
    if (!hit.clicked) return;
    context.selection.expert = map.selected_row == hit.row ? -1 : hit.row;
    context.selection.layer = spec.layer;
  }

  // The newest figures at the moment shown, in one line.
  static void figures(const PanelContext& context, const std::string& scenario) {
    const Description& description = *context.snapshot.description;
    std::vector<Figure> shown;
    for (const auto& [family, label] : {std::pair("accuracy", "mean"), {"forgetting", "forgetting"}, {"bwt", "BWT"}}) {
      const auto metric = metric_named(description, std::string(family) + "/" + scenario);
      const auto value = last_value(context.snapshot, metric);
      if (value) shown.push_back({label, percent(*value), &description.metrics[*metric]});
    }
    draw_figures(context, shown);
  }

  std::size_t view_ = 0;
  HeatmapCache cache_, routing_cache_;
};

}  // namespace

std::unique_ptr<Panel> make_sequence_panel() { return std::make_unique<SequencePanel>(); }

}  // namespace tessera
