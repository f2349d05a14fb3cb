// The banner of a failed run, and the card that says what to watch before the first step.
#include <algorithm>

#include "app/panels/colours.h"
#include "app/panels/icons.h"
#include "app/window/actions.h"
#include "app/window/application.h"
#include "app/window/chrome.h"
#include "app/window/layout.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

// Of the Curves panel when it is to be seen, else of the whole window.
ImRect middle(const Application& app) {
  for (const auto& panel : app.panels()) {
    if (std::string_view(panel->name()) != "curves") continue;
    const ImGuiWindow* window = ImGui::FindWindowByName(window_id(*panel).c_str());
    if (window && window->Active && !window->Hidden) return window->InnerRect;
  }
  const ImGuiViewport& viewport = *ImGui::GetMainViewport();
  return ImRect(viewport.WorkPos,
                ImVec2(viewport.WorkPos.x + viewport.WorkSize.x, viewport.WorkPos.y + viewport.WorkSize.y));
}

void draw_wrapped(const std::string& text, ImU32 colour) {
  if (text.empty()) return;
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::TextWrapped("%s", text.c_str());
  ImGui::PopStyleColor();
  ImGui::Spacing();
}

// The run that is shown, if it has failed or has paused by itself; else another one that has. Null: none.
const LiveRun* in_trouble(const Application& app) {
  const auto troubled = [](const LiveRun& live) {
    return live.snapshot->state == State::failed || !live.snapshot->failure.empty();
  };
  if (troubled(app.run())) return &app.run();
  for (const auto& live : app.live()) {
    if (troubled(*live)) return live.get();
  }
  return nullptr;
}

}  // namespace

void draw_failure(Application& app) {
  const LiveRun* run = in_trouble(app);
  if (!run) return;
  const Snapshot& snapshot = *run->snapshot;
  const float scale = app.scale();
  const ImU32 red = app.dark() ? IM_COL32(0x5C, 0x1D, 0x1D, 255) : IM_COL32(0xFB, 0xE1, 0xDF, 255);
  const std::string text = ICON_ERROR "  " + (app.live().size() > 1 ? "Run " + run->name + ": " : std::string()) +
                           (snapshot.failure.empty() ? "Training stopped." : snapshot.failure);
  const float buttons = 190 * scale;
  const float wrap = ImGui::GetMainViewport()->WorkSize.x - buttons - 40 * scale;
  const float lines = ImGui::CalcTextSize(text.c_str(), nullptr, false, wrap).y;
  const float height = std::max(lines, ImGui::GetFrameHeight()) + 14 * scale;

  ImGui::PushStyleColor(ImGuiCol_WindowBg, red);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(12 * scale, 7 * scale));
  constexpr auto flags = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoDocking;
  if (ImGui::BeginViewportSideBar("###failure", ImGui::GetMainViewport(), ImGuiDir_Up, height, flags)) {
    ImGui::AlignTextToFramePadding();
    ImGui::PushTextWrapPos(wrap + ImGui::GetCursorPosX());
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::SameLine();
    ImGui::SetCursorPosX(ImGui::GetWindowWidth() - buttons);
    const bool failed = snapshot.state == State::failed;
    const Action& way_out = action(failed ? "Reset" : "Play or pause");
    const char* reason = way_out.refused(app);
    ImGui::BeginDisabled(*reason != '\0');
    if (ImGui::Button(failed ? ICON_RESET " Reset###reset" : ICON_PLAY " Play###play", ImVec2(84 * scale, 0))) {
      way_out.run(app);
    }
    ImGui::EndDisabled();
    ImGui::SameLine();
    if (ImGui::Button("Show log###log", ImVec2(90 * scale, 0))) app.show_panel("log", true);
  }
  ImGui::End();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
}

namespace {

// Of a card over the panels; its content follows if it is true, and end_card() in any case.
bool begin_card(const Application& app, const char* id, float most_width) {
  const float scale = app.scale();
  const ImRect room = middle(app);
  const float width = std::clamp(room.GetWidth() - 32 * scale, 240 * scale, most_width * scale);
  ImGui::SetNextWindowPos(room.GetCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(width, 0));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ImGui::GetStyleColorVec4(ImGuiCol_PopupBg));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(16 * scale, 14 * scale));
  constexpr auto flags = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoSavedSettings |
                         ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav;
  return ImGui::Begin(id, nullptr, flags);
}

void end_card() {
  ImGui::End();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
}

void draw_building(const Application& app) {
  if (begin_card(app, "###building", 320)) {
    const Snapshot& now = app.snapshot();
    if (now.building.empty()) {
      ImGui::TextWrapped(ICON_CLOCK "  Building the experiment...");
      ImGui::TextDisabled("Loading data and preparing the model.");
    } else {
      ImGui::TextWrapped(ICON_CLOCK "  Building the experiment: %s.", now.building.c_str());
      ImGui::ProgressBar(static_cast<float>(now.built), ImVec2(-FLT_MIN, 0));
    }
  }
  end_card();
}

}  // namespace

void draw_welcome(Application& app) {
  if (app.building_long()) draw_building(app);
  if (!app.at_start() || !app.welcome || app.asking() || app.page() != Page::none) return;
  const Preset& preset = *app.snapshot().preset;
  const float scale = app.scale();
  if (begin_card(app, "###welcome", 520)) {
    const Tones& tone = tones(app.dark());
    ImGui::PushFont(app.fonts().heading, ImGui::GetStyle().FontSizeBase * 1.2f);
    ImGui::TextWrapped("%s", preset.title.empty() ? app.document().name().c_str() : preset.title.c_str());
    ImGui::PopFont();
    ImGui::Spacing();
    draw_wrapped(preset.about, tone.muted);
    if (!preset.watch.empty()) {
      ImGui::PushFont(app.fonts().heading, 0);
      ImGui::TextUnformatted("What to watch");
      ImGui::PopFont();
      draw_wrapped(preset.watch, tone.text);
    }
    ImGui::PushStyleColor(ImGuiCol_Button, tone.accent);
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, tone.accent);
    ImGui::PushStyleColor(ImGuiCol_Text, text_colour_on(tone.accent));
    if (ImGui::Button(ICON_PLAY "  Press Space to start###start", ImVec2(230 * scale, 30 * scale))) app.toggle_play();
    ImGui::PopStyleColor(3);
    ImGui::SameLine();
    if (ImGui::Button("Close###close", ImVec2(0, 30 * scale))) app.welcome = false;
  }
  end_card();
}

}  // namespace tessera
