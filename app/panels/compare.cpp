// Compare: runs side by side, those that train in this window and recorded ones.
#include <algorithm>
#include <set>

#include "app/panels/colours.h"
#include "app/panels/compare_parts.h"
#include "app/panels/icons.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

// Item ids: "Curves", "Heatmaps", "Table", "Fork...", "Add run...", a check box NAME of each run
// and "###remove", below the name of a run that trains or the path of a recorded one.
class ComparePanel final : public Panel {
 public:
  const char* name() const override { return "compare"; }
  const char* title() const override { return "Compare"; }
  const char* about() const override {
    return "Runs side by side: a curve of each in one plot, heatmaps of two and their difference, a table of where "
           "they "
           "differ and how they end. Fork (Ctrl+F) trains a second run beside the first, with the same seed and one "
           "parameter changed; Add run reads a recorded one from its folder.";
  }

  void draw(PanelContext& context) override {
    toolbar(context);
    ShownRuns shown;
    for (const ComparedRun& run : context.runs) {
      if (run.newest->description && !hidden_.contains(key(run))) shown.push_back(&run);
    }
    list(context);
    if (shown.empty()) {
      ui::empty_state(context, *this, "Appears with the first run.");
    } else if (view_ == View::curves) {
      curves_.draw(context, shown);
    } else if (view_ == View::heatmaps) {
      maps_.draw(context, shown);
    } else {
      draw_compare_table(context, shown);
    }
  }

  std::string settings() const override { return "view=" + std::to_string(static_cast<int>(view_)); }
  void restore(const std::string& text) override {
    for (const View view : {View::curves, View::heatmaps, View::table}) {
      if (text == "view=" + std::to_string(static_cast<int>(view))) view_ = view;
    }
  }

 private:
  enum class View { curves, heatmaps, table };

  // A run's name stays when it is built anew; two folders may have one name.
  static std::string key(const ComparedRun& run) { return run.live ? run.name : run.about; }

  void toolbar(PanelContext& context) {
    const std::pair<const char*, View> views[] = {
        {"Curves", View::curves}, {"Heatmaps", View::heatmaps}, {"Table", View::table}};
    for (const auto& [label, view] : views) {
      if (ui::tab(label, view_ == view)) view_ = view;
      ImGui::SameLine();
    }
    if (ImGui::Button(ICON_FORK " Fork...###Fork...")) context.fork();
    ImGui::SetItemTooltip("Train another run beside this one, with one parameter changed");
    ImGui::SameLine();
    if (ImGui::Button(ICON_FOLDER_OPEN " Add run...###Add run...")) context.add_run();
    ImGui::SetItemTooltip("Read a recorded run from its folder");
    ImGui::SameLine();
    ui::help_button(context, *this);
  }

  // A check box for each run, in its colour; recorded ones can be taken off the list.
  void list(PanelContext& context) {
    const float edge = ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x;
    const float gap = ImGui::GetStyle().ItemSpacing.x, box = ImGui::GetFrameHeight();
    for (std::size_t i = 0; i < context.runs.size(); ++i) {
      const ComparedRun& run = context.runs[i];
      const std::string label = ui::fitted(run.about.empty() || !run.live ? run.name : run.about, 260 * context.scale);
      const float width = box + gap + ImGui::CalcTextSize(label.c_str()).x + (run.live ? 0 : box);
      if (i > 0) {
        ImGui::SameLine(0, gap * 2);
        if (ImGui::GetCursorPosX() + width > edge) ImGui::NewLine();
      }
      ImGui::PushID(run.live ? run.name.c_str() : run.about.c_str());  // folders may have the same name
      bool shown = !hidden_.contains(key(run));
      ImGui::PushStyleColor(ImGuiCol_CheckMark, run_colour(run, context.dark));
      ImGui::PushStyleColor(ImGuiCol_Text, run_colour(run, context.dark));
      if (ImGui::Checkbox((label + "###" + run.name).c_str(), &shown)) {
        if (shown) {
          hidden_.erase(key(run));
        } else {
          hidden_.insert(key(run));
        }
      }
      ImGui::PopStyleColor(2);
      ImGui::SetItemTooltip("%s", run.about.c_str());
      if (run.live) {
        ImGui::PopID();
        continue;
      }
      ImGui::SameLine(0, 0);
      ImGui::PushStyleColor(ImGuiCol_Button, IM_COL32_BLACK_TRANS);
      if (ImGui::SmallButton(ICON_CLOSE "###remove")) context.remove_run(i);
      ImGui::PopStyleColor();
      ImGui::SetItemTooltip("Take it off the list; its folder stays");
      ImGui::PopID();
    }
  }

  View view_ = View::curves;
  std::set<std::string> hidden_;  // keys
  CompareCurves curves_;
  CompareMaps maps_;
};

}  // namespace

ImU32 run_colour(const ComparedRun& run, bool dark) { return expert_colour(run.colour, dark); }

std::unique_ptr<Panel> make_compare_panel() { return std::make_unique<ComparePanel>(); }

}  // namespace tessera
