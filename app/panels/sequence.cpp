// Tasks one after another: the accuracy matrix as it fills in, and what is forgotten.
#include <cmath>
#include <map>
#include <optional>

#include "app/panels/curve.h"
#include "app/panels/heatmap.h"
#include "app/panels/lookup.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

// Item ids: "task told", "not told", "##accuracies".
class SequencePanel final : public Panel {
 public:
  const char* name() const override { return "sequence"; }
  const char* title() const override { return "Sequence"; }
  const char* about() const override {
    return "Tasks that are learned one after another: a row for each task that has been learned, with the accuracy on "
           "every task then. What fades in a column, from its diagonal down, is forgotten.";
  }
  std::vector<std::string> families() const override { return {"accuracy_matrix", "accuracy", "forgetting", "bwt"}; }

  void draw(PanelContext& context) override {
    if (ui::tab("task told", told_)) told_ = true;
    ImGui::SameLine();
    if (ui::tab("not told", !told_)) told_ = false;
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("The largest logit of all tasks that have begun wins.");
    ImGui::SameLine();
    ui::help_button(context, *this);
    const Description* description = context.snapshot.description.get();
    const std::string scenario = told_ ? "task_il" : "class_il";
    const auto matrix = description ? metric_named(*description, "accuracy_matrix/" + scenario) : std::nullopt;
    if (!matrix) {
      ui::empty_state(context, *this, "Appears with an experiment whose task.kind is sequence.");
      return;
    }
    const Matrix* accuracies = newest(context.snapshot, matrix);
    if (!accuracies) {
      ui::empty_state(context, *this, "Appears at the end of the first task.");
      return;
    }
    figures(context, scenario);
    Heatmap map;
    const MetricSpec& spec = description->metrics[*matrix];
    map.rows = accuracies->rows;
    map.columns = accuracies->columns;
    map.values = accuracies->values;
    map.row_axis.title = spec.axes[0].title;
    map.row_axis.labels = spec.axes[0].labels;
    map.column_axis.title = spec.axes[1].title;
    map.column_axis.labels = spec.axes[1].labels;
    map.value_name = "accuracy";
    map.plain = [&](int row, int column) -> std::string {
      const auto width = static_cast<std::size_t>(map.columns);
      bool measured = false;  // anything in the row
      for (std::size_t c = 0; c < width; ++c) {
        measured = measured || !std::isnan(accuracies->values[static_cast<std::size_t>(row) * width + c]);
      }
      return !measured ? "not learned yet" : column > row ? "this task hasn't begun then" : "";
    };
    map.missing = "no test sample";
    draw_heatmap("##accuracies", map, ImGui::GetContentRegionAvail(), context, cache_);
  }

  std::string settings() const override { return told_ ? "told=1" : "told=0"; }
  void restore(const std::string& text) override { told_ = text != "told=0"; }

 private:
  static std::optional<std::size_t> metric_named(const Description& description, const std::string& name) {
    for (std::size_t i = 0; i < description.metrics.size(); ++i) {
      if (description.metrics[i].name == name) return i;
    }
    return std::nullopt;
  }

  // The newest figures at the moment shown, in one line.
  void figures(PanelContext& context, const std::string& scenario) {
    const Description& description = *context.snapshot.description;
    bool first = true;
    for (const auto& [family, label] : {std::pair("accuracy", "mean"), {"forgetting", "forgetting"}, {"bwt", "BWT"}}) {
      const auto metric = metric_named(description, std::string(family) + "/" + scenario);
      if (!metric || *metric >= context.newest.series.size()) continue;
      Curve& curve = curves_[std::string(family) + scenario];
      curve.update(context.newest.series[*metric], context.newest.run, 0);
      const auto shown = curve.at(context.moment >= 0 ? static_cast<double>(context.moment)
                                                      : static_cast<double>(context.newest.step));
      if (!shown) continue;
      if (!first) ImGui::SameLine();
      first = false;
      ui::muted_text(context, label);
      ImGui::SameLine();
      ImGui::PushFont(context.figures, 0);
      ImGui::Text("%.1f %%", 100 * shown->value);
      ImGui::PopFont();
    }
  }

  bool told_ = true;
  std::map<std::string, Curve> curves_;  // by family and scenario
  HeatmapCache cache_;
};

}  // namespace

std::unique_ptr<Panel> make_sequence_panel() { return std::make_unique<SequencePanel>(); }

}  // namespace tessera
