// The menus, the name of the open preset, and the transport: pace, play, step, reset.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "app/panels/colours.h"
#include "app/panels/icons.h"
#include "app/panels/parameter_text.h"
#include "app/panels/widgets.h"
#include "app/window/actions.h"
#include "app/window/application.h"
#include "app/window/chrome.h"
#include "app/window/export_menu.h"
#include "core/lab/text.h"
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
    if (std::string_view(item.label) == "Save picture as PNG...") draw_export_menu(app);
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
  const ParameterSpec* spec = snapshot.parameters ? snapshot.parameters->table().find(pace_path) : nullptr;
  const double now = spec ? snapshot.parameters->real(pace_path) : 0;
  std::string shown = "Full speed";
  for (const Pace& pace : paces) {
    if (pace.steps_per_s == now) shown = pace.label;
  }
  if (now > 0 && shown == "Full speed") shown = to_string(Value(now)) + " steps/s";
  const char* reason = spec ? change_refused(snapshot.state, *spec) : "No preset is loaded.";
  ImGui::BeginDisabled(*reason != '\0');
  ImGui::SetNextItemWidth(width);
  if (ImGui::BeginCombo("###pace", shown.c_str())) {
    for (const Pace& pace : paces) {
      if (ImGui::Selectable(pace.label, pace.steps_per_s == now)) {
        app.submit_to_all(command::Set{.path = pace_path, .value = pace.steps_per_s});
      }
    }
    ImGui::EndCombo();
  }
  ImGui::EndDisabled();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
    ImGui::SetTooltip("%s", *reason ? reason : "Slow training down to watch it. No figure depends on it.");
  }
}

constexpr std::array<const char*, 4> menus = {"File", "Experiment", "View", "Help"};

// How much of the menu bar's right half there is room for. The transport is complete in each, but for the pace.
struct Room {
  bool words = true, pace = true, menus = true;  // beside the icons; its combo; side by side, not folded into one
};

struct Widths {  // of the transport's parts
  float pace = 0, play = 0, other = 0, all = 0;
};

Widths widths_of(const Application& app, Room room) {
  const ImGuiStyle& style = ImGui::GetStyle();
  const float icon = ImGui::CalcTextSize(ICON_RESET).x + 2 * style.FramePadding.x;
  Widths widths;
  widths.pace = room.pace ? 118 * app.scale() : 0;
  widths.play = room.words ? 84 * app.scale() : icon;
  widths.other = room.words ? 76 * app.scale() : icon;
  widths.all = widths.pace + widths.play + 2 * widths.other + (room.pace ? 3 : 2) * style.ItemSpacing.x;
  return widths;
}

float width_of_run() { return ImGui::GetFrameHeight() * 1.2f; }

float width_of_runs(const Application& app) {
  const auto count = static_cast<float>(app.live().size());
  return count > 1 ? count * (width_of_run() + ImGui::GetStyle().ItemSpacing.x) : 0;
}

// The runs that train side by side, the one that is shown pressed; item ids "A", "B", ...
void draw_runs(Application& app) {
  if (app.live().size() < 2) return;
  for (std::size_t i = 0; i < app.live().size(); ++i) {
    const LiveRun& live = *app.live()[i];
    const bool shown = &live == &app.run();
    const ImU32 colour = expert_colour(live.colour(), app.dark());
    ImGui::PushStyleColor(ImGuiCol_Button, shown ? colour : ui::faded(colour, 0.25f));
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, ui::faded(colour, 0.7f));
    ImGui::PushStyleColor(ImGuiCol_ButtonActive, colour);
    if (shown) ImGui::PushStyleColor(ImGuiCol_Text, text_colour_on(colour));
    if (ImGui::Button(live.name.c_str(), ImVec2(width_of_run(), 0))) app.show_run(i);
    ImGui::PopStyleColor(shown ? 4 : 3);
    const Snapshot& snapshot = *live.snapshot;
    ImGui::SetItemTooltip("%s\n%s, step %s of %s", live.label().c_str(), to_string(snapshot.state),
                          with_commas(snapshot.step).c_str(), with_commas(snapshot.steps).c_str());
  }
}

// The most that fits. What is left out can be had elsewhere: the names of the buttons in their tooltips, the pace among
// the controls.
Room room_in(const Application& app) {
  const ImGuiStyle& style = ImGui::GetStyle();
  float beside = 0;
  for (const char* menu : menus) beside += ImGui::CalcTextSize(menu).x + 2 * style.ItemSpacing.x;
  beside += width_of_runs(app);
  const float edge = ImGui::GetWindowWidth() - 2 * style.ItemSpacing.x;
  for (const Room room : {Room{}, Room{.words = false}, Room{.words = false, .pace = false}}) {
    if (beside + widths_of(app, room).all <= edge) return room;
  }
  return {.words = false, .pace = false, .menus = false};
}

void draw_transport(Application& app, Room room, float start) {
  const Widths widths = widths_of(app, room);
  // The buttons are as high as the bar; a little less looks better, and none of it is cut off.
  const float margin = std::max(1.0f, std::floor(app.scale()));
  ImGui::SetCursorPosX(start);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
                      ImVec2(ImGui::GetStyle().FramePadding.x, ImGui::GetStyle().FramePadding.y - margin));
  const float top = ImGui::GetCursorPosY() + margin;
  ImGui::SetCursorPosY(top);
  if (room.pace) draw_pace(app, widths.pace);
  const bool running = app.any_running();
  const auto label = [&room](const char* icon, const char* word, const char* id) {
    return std::string(icon) + (room.words ? std::string(" ") + word : std::string()) + id;
  };
  const auto button = [&](const char* of, const std::string& text, float width, bool bright) {
    ImGui::SetCursorPosY(top);
    draw_button(app, action(of), text.c_str(), width, bright);
  };
  button("Play or pause", running ? label(ICON_PAUSE, "Pause", "###play") : label(ICON_PLAY, "Play", "###play"),
         widths.play, !running);
  button("Step", label(ICON_STEP, "Step", "###step"), widths.other, false);
  button("Reset", label(ICON_RESET, "Reset", "###reset"), widths.other, false);
  ImGui::PopStyleVar();
}

// In the middle of the window, as far as it fits between the menus and `end`; cut with an ellipsis where it is longer.
void draw_name(Application& app, float end) {
  if (!app.document().open()) return;
  const bool changed = app.document().changed(app.snapshot());
  const std::string name = app.document().name() + (changed ? " *" : "");
  const float from = ImGui::GetCursorPosX() + 8 * app.scale(), to = end - 12 * app.scale();
  if (to - from < 40 * app.scale()) return;
  ImGui::PushFont(app.fonts().heading, 0);
  const std::string shown = ui::fitted(name, to - from);
  const float width = ImGui::CalcTextSize(shown.c_str()).x;
  ImGui::SetCursorPosX(std::clamp((ImGui::GetWindowWidth() - width) / 2, from, std::max(from, to - width)));
  ImGui::TextUnformatted(shown.c_str());
  ImGui::PopFont();
  std::string about = shown == name ? std::string() : name + "\n";
  about += app.document().file().string();
  if (changed) about += "\nChanged since it was opened or saved.";
  ImGui::SetItemTooltip("%s", about.c_str());
}

void draw_menus(Application& app, Room room) {
  if (!room.menus && !ImGui::BeginMenu("Menu")) return;
  for (const char* menu : menus) draw_menu(app, menu);
  if (!room.menus) ImGui::EndMenu();
}

}  // namespace

void draw_menu_bar(Application& app) {
  if (!ImGui::BeginMainMenuBar()) return;
  const Room room = room_in(app);
  const float start = ImGui::GetWindowWidth() - widths_of(app, room).all - ImGui::GetStyle().ItemSpacing.x;
  draw_menus(app, room);
  draw_runs(app);
  draw_name(app, start);
  draw_transport(app, room, start);
  ImGui::EndMainMenuBar();
}

}  // namespace tessera
