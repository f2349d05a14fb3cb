// The menus, the name of the open preset, and the transport: pace, play, step, reset.
#include <algorithm>
#include <array>
#include <string>

#include "app/panels/colours.h"
#include "app/panels/icons.h"
#include "app/window/actions.h"
#include "app/window/application.h"
#include "app/window/chrome.h"
#include "imgui.h"

namespace tessera {
namespace {

void draw_action(Application& app, const Action& item) {
  const char* reason = item.refused ? item.refused(app) : "";
  if (item.separated) ImGui::Separator();
  if (ImGui::MenuItem(item.label, shown_keys(item.keys).c_str(), false, !*reason)) item.run(app);
  if (*reason) ImGui::SetItemTooltip("%s", reason);
}

void draw_recent(Application& app) {
  const auto recent = app.settings().recent;  // a copy: opening one changes the list
  if (!ImGui::BeginMenu("Recent", !recent.empty())) return;
  for (const auto& file : recent) {
    if (ImGui::MenuItem(file.string().c_str())) app.open(file);
  }
  ImGui::EndMenu();
}

void draw_panel_list(Application& app) {
  for (const auto& panel : app.panels()) {
    bool& open = app.settings().panels[panel->name()].open;
    if (ImGui::MenuItem(panel->title(), nullptr, open)) {
      open = !open;
      if (open) app.show_panel(panel->name(), true);
    }
  }
}

void draw_menu(Application& app, const char* menu) {
  if (!ImGui::BeginMenu(menu)) return;
  if (std::string_view(menu) == "View") draw_panel_list(app);
  for (const Action& item : actions()) {
    if (std::string_view(item.menu) != menu) continue;
    draw_action(app, item);
    if (std::string_view(item.label) == "Open preset...") draw_recent(app);
  }
  ImGui::EndMenu();
}

// A button that runs an action; greyed out, with the reason as its tooltip, when the action is refused.
void draw_button(Application& app, const Action& item, const char* label, float width, bool bright) {
  const char* reason = item.refused ? item.refused(app) : "";
  ImGui::BeginDisabled(*reason != '\0');
  if (bright && !*reason) {
    const ImU32 accent = tones(app.dark()).accent;
    ImGui::PushStyleColor(ImGuiCol_Button, accent);
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, accent);
    ImGui::PushStyleColor(ImGuiCol_Text, text_colour_on(accent));
  }
  if (ImGui::Button(label, ImVec2(width, 0))) item.run(app);
  if (bright && !*reason) ImGui::PopStyleColor(3);
  ImGui::EndDisabled();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
    ImGui::SetTooltip("%s", *reason ? reason : (std::string(item.help) + "  " + shown_keys(item.keys)).c_str());
  }
}

struct Pace {
  const char* label;
  double steps_per_s;
};
constexpr std::array<Pace, 7> paces = {{{"Full speed", 0},
                                        {"1 step/s", 1},
                                        {"5 steps/s", 5},
                                        {"15 steps/s", 15},
                                        {"30 steps/s", 30},
                                        {"60 steps/s", 60},
                                        {"150 steps/s", 150}}};

// How fast it may run while someone watches; "run.pace" of the experiment.
void draw_pace(Application& app, float width) {
  const Snapshot& snapshot = app.snapshot();
  const bool known = snapshot.parameters && snapshot.parameters->table().find("run.pace");
  const double now = known ? snapshot.parameters->real("run.pace") : 0;
  std::string shown = "Full speed";
  for (const Pace& pace : paces) {
    if (pace.steps_per_s == now) shown = pace.label;
  }
  if (now > 0 && shown == "Full speed") shown = to_string(Value(now)) + " steps/s";
  const char* reason = known ? refusal<command::Set>(snapshot.state) : "No preset is loaded.";
  ImGui::BeginDisabled(*reason != '\0');
  ImGui::SetNextItemWidth(width);
  if (ImGui::BeginCombo("###pace", shown.c_str())) {
    for (const Pace& pace : paces) {
      if (ImGui::Selectable(pace.label, pace.steps_per_s == now)) {
        app.submit(command::Set{.path = "run.pace", .value = pace.steps_per_s});
      }
    }
    ImGui::EndCombo();
  }
  ImGui::EndDisabled();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
    ImGui::SetTooltip("%s", *reason ? reason : "Slow training down to watch it. No figure depends on it.");
  }
}

void draw_transport(Application& app) {
  const float scale = app.scale(), gap = ImGui::GetStyle().ItemSpacing.x;
  const float pace = 118 * scale, play = 84 * scale, other = 76 * scale;
  const float width = pace + play + 2 * other + 3 * gap + 4 * scale;
  ImGui::SetCursorPosX(std::max(ImGui::GetCursorPosX(), ImGui::GetWindowWidth() - width - gap));
  draw_pace(app, pace);
  const bool running = app.snapshot().state == State::running;
  draw_button(app, action("Play or pause"), running ? ICON_PAUSE " Pause###play" : ICON_PLAY " Play###play", play,
              !running);
  draw_button(app, action("Step"), ICON_STEP " Step###step", other, false);
  draw_button(app, action("Reset"), ICON_RESET " Reset###reset", other, false);
}

void draw_name(Application& app) {
  if (!app.document().open()) return;
  const bool changed = app.document().changed(app.snapshot());
  const std::string name = app.document().name() + (changed ? " *" : "");
  ImGui::PushFont(app.fonts().heading, 0);
  const float width = ImGui::CalcTextSize(name.c_str()).x;
  const float room = ImGui::GetWindowWidth() - 400 * app.scale() - width;  // left of the transport
  ImGui::SetCursorPosX(
      std::max(ImGui::GetCursorPosX() + 16 * app.scale(), std::min((ImGui::GetWindowWidth() - width) / 2, room)));
  ImGui::TextUnformatted(name.c_str());
  ImGui::PopFont();
  std::string about = app.document().file().string();
  if (changed) about += "\nChanged since it was opened or saved.";
  ImGui::SetItemTooltip("%s", about.c_str());
}

}  // namespace

void draw_menu_bar(Application& app) {
  if (!ImGui::BeginMainMenuBar()) return;
  for (const char* menu : {"File", "Experiment", "View", "Help"}) draw_menu(app, menu);
  draw_name(app);
  draw_transport(app);
  ImGui::EndMainMenuBar();
}

}  // namespace tessera
