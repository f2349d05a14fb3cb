// Curves: every scalar metric over the steps, a plot a family, with what was changed marked on the step axis.
#include <algorithm>
#include <cmath>
#include <sstream>

#include "app/panels/colours.h"
#include "app/panels/curve_plot.h"
#include "app/panels/lookup.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr const char* first_choice[] = {"alpha_entropy", "loss", "accuracy", "load_cv"};

constexpr int most_smoothing = 10000;  // steps

std::string list_text(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// Item ids: "Series", "##smoothing", "log x", "Export" (with "PNG..." and "CSV..."), "##plot FAMILY",
// "##legend METRIC"; in Series: a check box FAMILY, "log###log FAMILY", a check box METRIC.
class CurvesPanel final : public Panel {
 public:
  const char* name() const override { return "curves"; }
  const char* title() const override { return "Curves"; }
  const char* about() const override {
    return "How the run goes: every plot is a family of metrics over the steps, with a mark where a parameter was "
           "changed (dashed: still to come). Drag to pan, scroll to zoom, double-click to follow the run again. Click "
           "or drag along the step axis to go back to a moment of the run in all panels. Smoothing is an exponentially "
           "weighted mean over steps; the raw line stays behind it.";
  }
  std::vector<std::string> families() const override { return chosen_; }

  void draw(PanelContext& context) override {
    const Description* description = context.newest.description.get();
    if (description && (chosen_.empty() || run_ != context.newest.run)) choose_first(*description);
    if (run_ != context.newest.run) {
      run_ = context.newest.run;
      view_.curves.clear();
      view_.y_range.clear();
      view_.follow = true;
    }
    const auto& series = context.newest.series;
    const bool any =
        description && std::any_of(series.begin(), series.end(), [](const Series& s) { return s.size() > 0; });
    std::vector<std::string> shown;
    for (const std::string& family : any ? chosen_ : std::vector<std::string>()) {
      if (!series_of(*description, family).empty()) shown.push_back(family);
    }
    toolbar(context, !shown.empty());
    if (shown.empty()) picture_in_ = 0;  // a picture that was asked for has nothing to show any more
    if (!any) {
      ui::empty_state(context, *this, "Appears with the first steps: press Space to start.");
      return;
    }
    if (shown.empty()) {
      ui::wrapped("No series is chosen: pick some under Series.");
      return;
    }
    plots(context, shown);
    export_picture(context);
  }

  void apply(const View& view) override {
    if (!view.series.empty()) chosen_ = view.series;
  }
  std::string settings() const override {
    return "smoothing=" + std::to_string(static_cast<int>(view_.smoothing)) +
           ";log_x=" + (view_.logarithmic_x ? "1" : "0") + ";families=" + list_text(chosen_) +
           ";log_y=" + list_text({view_.logarithmic_y.begin(), view_.logarithmic_y.end()});
  }
  void restore(const std::string& text) override {
    for (const std::string& part : split(text, ';')) {
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) continue;
      const std::string key = part.substr(0, equals), value = part.substr(equals + 1);
      if (key == "smoothing") view_.smoothing = std::clamp<double>(std::atoi(value.c_str()), 0, most_smoothing);
      if (key == "log_x") view_.logarithmic_x = value == "1";
      if (key == "families") chosen_ = split(value, ',');
      if (key == "log_y") {
        const std::vector<std::string> families = split(value, ',');
        view_.logarithmic_y = {families.begin(), families.end()};
      }
    }
  }

 private:
  // Families that this experiment doesn't have are of no use; without any left, the usual ones are shown.
  void choose_first(const Description& description) {
    const std::vector<std::string> all = scalar_families(description);
    const auto known = [&](const std::string& family) {
      return std::find(all.begin(), all.end(), family) != all.end();
    };
    if (std::any_of(chosen_.begin(), chosen_.end(), known)) return;
    chosen_.clear();
    for (const char* family : first_choice) {
      if (known(family)) chosen_.push_back(family);
    }
    if (chosen_.empty() && !all.empty()) chosen_.push_back(all.front());
  }

  void toolbar(PanelContext& context, bool anything) {
    if (ImGui::Button("Series")) ImGui::OpenPopup("##series");
    ImGui::SetItemTooltip("Choose what is plotted");
    below_item();
    choose_series(context);
    ImGui::SameLine();
    ImGui::SetNextItemWidth(std::min(150 * context.scale, ImGui::GetContentRegionAvail().x * 0.34f));
    auto smoothing = static_cast<int>(view_.smoothing);
    if (ImGui::SliderInt("##smoothing", &smoothing, 0, most_smoothing,
                         smoothing > 0 ? "smooth %d steps" : "no smoothing",
                         ImGuiSliderFlags_AlwaysClamp | ImGuiSliderFlags_Logarithmic)) {
      view_.smoothing = smoothing;
    }
    ImGui::SetItemTooltip(
        "Exponentially weighted mean over so many steps, the same for all series. The raw line stays behind it.");
    ImGui::SameLine();
    if (ui::tab("log x", view_.logarithmic_x)) {
      view_.logarithmic_x = !view_.logarithmic_x;
      view_.follow = true;
    }
    ImGui::SetItemTooltip("Logarithmic step axis");
    ImGui::SameLine();
    ImGui::BeginDisabled(!anything);
    if (ImGui::Button("Export")) ImGui::OpenPopup("##export");
    ImGui::EndDisabled();
    if (!anything && ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
      ImGui::SetTooltip("There is no curve yet");
    }
    below_item();
    if (ImGui::BeginPopup("##export")) {
      if (ImGui::MenuItem("PNG...")) picture_in_ = 3;
      if (ImGui::MenuItem("CSV...")) export_table(context);
      ImGui::EndPopup();
    }
    ImGui::SameLine();
    ui::help_button(context, *this);
  }

  // The popup that follows opens under the last item.
  static void below_item() {
    const ImVec2 corner(ImGui::GetItemRectMin().x, ImGui::GetItemRectMax().y + 2);
    ImGui::SetNextWindowPos(corner, ImGuiCond_Appearing);
  }

  void choose_series(const PanelContext& context) {
    ImGui::SetNextWindowSizeConstraints(ImVec2(0, 0), ImVec2(500 * context.scale, 480 * context.scale));
    if (!ImGui::BeginPopup("##series")) return;
    ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 1);  // empty boxes stand out from the popup
    const Description* description = context.newest.description.get();
    if (!description) ImGui::TextUnformatted("Load an experiment first.");
    for (const std::string& family : description ? scalar_families(*description) : std::vector<std::string>()) {
      const auto place = std::find(chosen_.begin(), chosen_.end(), family);
      bool on = place != chosen_.end();
      if (ImGui::Checkbox((family_title(*description, family) + "###" + family).c_str(), &on)) {
        if (on) {
          chosen_.push_back(family);
        } else {
          chosen_.erase(place);
        }
      }
      if (!on) continue;
      ImGui::SameLine();
      bool logarithmic = view_.logarithmic_y.contains(family);
      if (ImGui::Checkbox(("log###log " + family).c_str(), &logarithmic)) {
        if (!view_.logarithmic_y.erase(family)) view_.logarithmic_y.insert(family);
        view_.y_range.erase(family);
      }
      const std::vector<std::size_t> metrics = series_of(*description, family);
      if (metrics.size() < 2) continue;
      ImGui::Indent();
      for (std::size_t i = 0; i < metrics.size(); ++i) {
        const MetricSpec& spec = description->metrics[metrics[i]];
        if (i % 4 != 0) ImGui::SameLine();
        bool visible = !view_.hidden.contains(spec.name);
        if (ImGui::Checkbox((series_label(spec, *description) + "###" + spec.name).c_str(), &visible)) {
          if (!view_.hidden.erase(spec.name)) view_.hidden.insert(spec.name);
        }
      }
      ImGui::Unindent();
    }
    ImGui::PopStyleVar();
    ImGui::EndPopup();
  }

  void plots(PanelContext& context, const std::vector<std::string>& shown) {
    const Snapshot& snapshot = context.newest;
    view_.marks.clear();
    if (snapshot.timeline && snapshot.preset) {
      view_.marks = timeline_marks(*snapshot.timeline, snapshot.preset->parameters, snapshot.step);
    }
    if (view_.follow) {
      view_.x_min = view_.logarithmic_x ? 1 : 0;
      view_.x_max = std::max<double>(view_.logarithmic_x ? 10 : 1, static_cast<double>(snapshot.step));
      // What comes next is in sight when it is near.
      for (const Mark& mark : view_.marks) {
        const auto step = static_cast<double>(mark.step);
        if (mark.scheduled && step < view_.x_max * 1.25) view_.x_max = std::max(view_.x_max, step * 1.02);
      }
    }
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const ImVec2 spacing = ImGui::GetStyle().ItemSpacing;
    const auto count = static_cast<int>(shown.size());
    const int columns = best_columns(count, room);
    const int rows = (count + columns - 1) / columns;
    const float step_axis = ImGui::GetTextLineHeight() * 2;  // figures and title, in the lowest row only
    const float width =
        std::floor((room.x - spacing.x * static_cast<float>(columns - 1)) / static_cast<float>(columns));
    const float height =
        std::floor((room.y - step_axis - spacing.y * static_cast<float>(rows)) / static_cast<float>(rows));
    area_from_ = ImGui::GetCursorScreenPos();
    area_size_ = room;
    view_.moment = context.moment;
    bool any_hovered = false;
    for (int i = 0; i < count; ++i) {
      const bool lowest = i + columns >= count;
      if (i % columns != 0) ImGui::SameLine();
      ImGui::BeginGroup();
      ImGui::PushID(shown[static_cast<std::size_t>(i)].c_str());
      any_hovered |= draw_curve_plot(context, view_, shown[static_cast<std::size_t>(i)],
                                     ImVec2(width, height + (lowest ? step_axis : 0)), lowest);
      ImGui::PopID();
      ImGui::EndGroup();
    }
    if (any_hovered) {
      read_out(context, shown);
    } else {
      view_.hovered_step = -1;
    }
  }

  static int best_columns(int count, ImVec2 room) {
    int best = 1;
    float best_score = 0;
    for (int columns = 1; columns <= count; ++columns) {
      const int rows = (count + columns - 1) / columns;
      const float width = room.x / static_cast<float>(columns), height = room.y / static_cast<float>(rows);
      const float score = std::min(width / 1.8f, height);
      if (score > best_score) {
        best_score = score;
        best = columns;
      }
    }
    return best;
  }

  static void swatch(ImU32 colour) {
    const float line = ImGui::GetTextLineHeight(), half = std::round(line * 0.22f);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float middle = at.y + std::round(line / 2);
    ImGui::GetWindowDrawList()->AddRectFilled(ImVec2(at.x, middle - half), ImVec2(at.x + 2 * half, middle + half),
                                              colour);
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + line * 0.7f);
  }

  // All series at the step under the pointer.
  void read_out(const PanelContext& context, const std::vector<std::string>& shown) {
    const Description& description = *context.newest.description;
    if (!ImGui::BeginTooltip()) return;
    ImGui::Text("step %.0f", std::max(0.0, view_.hovered_step));
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2(ImGui::GetStyle().CellPadding.x, 0));
    if (ImGui::BeginTable("##values", 3, ImGuiTableFlags_SizingFixedFit)) {
      for (const std::string& family : shown) {
        const std::vector<std::size_t> metrics = series_of(description, family);
        for (std::size_t i = 0; i < metrics.size(); ++i) {
          const MetricSpec& spec = description.metrics[metrics[i]];
          const auto curve = view_.curves.find(metrics[i]);
          if (view_.hidden.contains(spec.name) || curve == view_.curves.end()) continue;
          const auto reading = curve->second.at(view_.hovered_step);
          if (!reading) continue;
          ImGui::TableNextRow();
          ImGui::TableNextColumn();
          swatch(series_colour(description, metrics[i], i, context.dark));
          ImGui::TextUnformatted(spec.title.empty() ? spec.name.c_str() : spec.title.c_str());
          ImGui::PushFont(context.figures, 0);
          ImGui::TableNextColumn();
          ImGui::TextUnformatted(ui::number(view_.smoothing > 0 ? reading->smoothed : reading->value).c_str());
          ImGui::TableNextColumn();
          if (view_.smoothing > 0) ui::muted_text(context, ("raw " + ui::number(reading->value)).c_str());
          ImGui::PopFont();
        }
      }
      ImGui::EndTable();
    }
    ImGui::PopStyleVar();
    ImGui::EndTooltip();
  }

  void export_table(const PanelContext& context) const {
    const Description* description = context.newest.description.get();
    if (!description) return;
    std::vector<CsvColumn> columns;
    for (const std::string& family : chosen_) {
      for (const std::size_t metric : series_of(*description, family)) {
        const std::string& name = description->metrics[metric].name;
        if (view_.hidden.contains(name) || metric >= context.newest.series.size()) continue;
        columns.push_back({name, &context.newest.series[metric]});
      }
    }
    context.save_text("curves.csv", curves_csv(columns));
  }

  // A few frames after the menu closed, so that it isn't in the picture.
  void export_picture(const PanelContext& context) {
    if (picture_in_ == 0 || --picture_in_ > 0) return;
    context.save_png("curves.png", area_from_.x, area_from_.y, area_size_.x, area_size_.y);
  }

  CurveView view_;
  std::vector<std::string> chosen_;
  std::uint64_t run_ = 0;
  int picture_in_ = 0;
  ImVec2 area_from_, area_size_;
};

}  // namespace

std::unique_ptr<Panel> make_curves_panel() { return std::make_unique<CurvesPanel>(); }

}  // namespace tessera
