// The pages of the Help menu.
#include <set>
#include <string>

#include "app/panels/colours.h"
#include "app/window/actions.h"
#include "app/window/application.h"
#include "app/window/chrome.h"
#include "core/lab/build_info.h"
#include "imgui.h"

namespace tessera {
namespace {

void heading(const Application& app, const char* text) {
  ImGui::PushFont(app.fonts().heading, 0);
  ImGui::TextUnformatted(text);
  ImGui::PopFont();
}

// A table of keys and what they do, with its heading.
class KeyTable {
 public:
  KeyTable(const Application& app, const char* title) : app_(app) {
    ImGui::Spacing();
    heading(app, title);
    open_ = ImGui::BeginTable(title, 3, ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_RowBg);
    if (!open_) return;
    ImGui::TableSetupColumn("keys", ImGuiTableColumnFlags_WidthFixed, 130 * app.scale());
    ImGui::TableSetupColumn("action", ImGuiTableColumnFlags_WidthFixed, 140 * app.scale());
    ImGui::TableSetupColumn("help", ImGuiTableColumnFlags_WidthStretch);
  }
  ~KeyTable() {
    if (open_) ImGui::EndTable();
  }
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  void row(const std::string& keys, const char* label, const char* help) const {
    if (!open_) return;
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::PushFont(app_.fonts().figures, 0);
    ImGui::TextUnformatted(keys.c_str());
    ImGui::PopFont();
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(label);
    ImGui::TableNextColumn();
    ImGui::TextWrapped("%s", help);
  }

 private:
  const Application& app_;
  bool open_ = false;
};

void draw_shortcuts(Application& app) {
  for (const char* menu : {"File", "Experiment", "View", "Help"}) {
    const KeyTable keys(app, menu);
    for (const Action& item : actions()) {
      if (std::string_view(item.menu) == menu && item.keys != 0) keys.row(shown_keys(item.keys), item.label, item.help);
    }
  }
  const KeyTable keys(app, "In a plot");
  keys.row("Drag", "Pan", "Moves what is shown; on an axis, along that axis only.");
  keys.row("Wheel", "Zoom", "Around the pointer; over an axis, that axis only.");
  keys.row("Right drag", "Box zoom", "Shows the part inside the box.");
  keys.row("Double click", "Fit", "Shows everything again.");
  keys.row("Ctrl+click", "Type a value", "On a slider: enter the value with the keyboard.");
}

void draw_metrics(Application& app) {
  const auto& description = app.snapshot().description;
  if (!description) {
    ImGui::TextWrapped("The metrics of an experiment are listed here once it is built.");
    return;
  }
  const Tones& tone = tones(app.dark());
  std::set<std::string> seen;
  for (const MetricSpec& metric : description->metrics) {
    if (!seen.insert(metric.family).second) continue;
    ImGui::Spacing();
    heading(app, metric.title.substr(0, metric.title.find(',')).c_str());
    ImGui::SameLine();
    ImGui::PushFont(app.fonts().figures, 0);
    ImGui::TextDisabled("%s", (metric.family + (metric.layer < 0 ? "" : "/layerI")).c_str());
    ImGui::PopFont();
    ImGui::TextWrapped("%s", metric.definition.c_str());
    if (!metric.formula.empty()) {
      ImGui::PushFont(app.fonts().figures, 0);
      ImGui::PushStyleColor(ImGuiCol_Text, tone.accent);
      ImGui::TextWrapped("%s", metric.formula.c_str());
      ImGui::PopStyleColor();
      ImGui::PopFont();
    }
    ImGui::PushStyleColor(ImGuiCol_Text, tone.muted);
    if (!metric.unit.empty()) ImGui::TextWrapped("Unit: %s", metric.unit.c_str());
    if (!metric.source.empty()) ImGui::TextWrapped("Source: %s", metric.source.c_str());
    ImGui::PopStyleColor();
  }
}

void draw_about(Application& app) {
  heading(app, "Tessera");
  ImGui::Text("Version %s, commit %s", std::string(version()).c_str(), std::string(commit()).c_str());
  ImGui::TextWrapped(
      "A laboratory for mixture-of-experts training: watch experts specialize while it happens, and change "
      "the experiment while it runs.");
  ImGui::Spacing();
  ImGui::TextWrapped(
      "MIT licence. Built with LibTorch, Dear ImGui, ImPlot, GLFW, nlohmann/json, zlib and libpng; text in "
      "Roboto and Inconsolata, mathematical signs from Latin Modern Math, icons from Font Awesome Free. "
      "docs/third-party.md has their licences.");
  ImGui::Spacing();
  ImGui::TextWrapped("Program and presets: %s", std::string(source_folder()).c_str());
  ImGui::TextWrapped("Settings: %s", default_config_folder().string().c_str());
}

}  // namespace

void draw_page(Application& app) {
  const Page page = app.page();
  if (page == Page::none) return;
  const char* title = page == Page::shortcuts ? "Shortcuts###page"
                      : page == Page::metrics ? "Metrics###page"
                                              : "About###page";
  const float scale = app.scale();
  const ImGuiViewport& viewport = *ImGui::GetMainViewport();
  const float height = page == Page::about ? 260 : 620;
  ImGui::SetNextWindowPos(viewport.GetWorkCenter(), ImGuiCond_Appearing, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(700 * scale, std::min(height * scale, viewport.WorkSize.y * 0.9f)),
                           ImGuiCond_Appearing);
  bool open = true;
  constexpr auto flags = ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoSavedSettings;
  if (ImGui::Begin(title, &open, flags)) {
    switch (page) {
      case Page::shortcuts:
        draw_shortcuts(app);
        break;
      case Page::metrics:
        draw_metrics(app);
        break;
      default:
        draw_about(app);
        break;
    }
  }
  const bool escape = ImGui::IsWindowFocused() && ImGui::IsKeyPressed(ImGuiKey_Escape, false);
  ImGui::End();
  if (!open || escape) app.show_page(Page::none);
}

}  // namespace tessera
