// The line at the bottom: state, step, rate, time left, device, memory, errors. Figures keep their places as they
// change.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "app/panels/colours.h"
#include "app/panels/icons.h"
#include "app/window/application.h"
#include "app/window/chrome.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

std::string grouped(std::int64_t n) {  // 1,240
  std::string text = std::to_string(n);
  for (int i = static_cast<int>(text.size()) - 3; i > (n < 0 ? 1 : 0); i -= 3)
    text.insert(static_cast<std::size_t>(i), ",");
  return text;
}

std::string duration(double seconds) {
  const auto s = static_cast<long long>(std::ceil(std::min(seconds, 1e12)));
  char text[64];
  if (s < 100) {
    std::snprintf(text, sizeof text, "%lld s", s);
  } else if (s < 6000) {
    std::snprintf(text, sizeof text, "%lld min %02lld s", s / 60, s % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld h %02lld min", s / 3600, s / 60 % 60);
  }
  return text;
}

std::string rate(double per_s) {
  if (per_s >= 9.95) return grouped(std::llround(per_s)) + " steps/s";
  char text[64];
  std::snprintf(text, sizeof text, "%.1f steps/s", per_s);
  return text;
}

ImU32 state_colour(State state, const Tones& tone) {
  switch (state) {
    case State::running:
      return tone.good;
    case State::failed:
      return tone.error;
    case State::building:
      return tone.warning;
    case State::finished:
      return tone.accent;
    default:
      return tone.muted;
  }
}

struct Line {
  const Application& app;
  // Text in a field that is `wide` characters wide, in the font for figures.
  void field(const std::string& text, int wide, const char* tooltip, ImU32 colour) const {
    ImGui::PushFont(app.fonts().figures, 0);
    const float start = ImGui::GetCursorPosX();
    const float width =
        std::max(ImGui::CalcTextSize("0").x * static_cast<float>(wide), ImGui::CalcTextSize(text.c_str()).x);
    ImGui::PushStyleColor(ImGuiCol_Text, colour);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopStyleColor();
    ImGui::PopFont();
    ImGui::SetItemTooltip("%s", tooltip);
    ImGui::SameLine(start + width + 18 * app.scale());
  }
};

void draw_fields(Application& app) {
  const Snapshot& s = app.snapshot();
  const Tones& tone = tones(app.dark());
  const Line line{app};
  line.field(to_string(s.state), 8, "State of the session", state_colour(s.state, tone));
  const std::string steps = grouped(s.steps);
  std::string done = grouped(s.step);
  if (done.size() < steps.size()) done.insert(0, steps.size() - done.size(), ' ');
  line.field("step " + done + " / " + steps, 18, "Training steps done, and planned", tone.text);
  line.field(s.state == State::running && s.steps_per_s > 0 ? rate(s.steps_per_s) : "- steps/s", 13, "Training speed",
             tone.text);
  if (s.state == State::running && s.seconds_left > 0) {
    line.field(duration(s.seconds_left) + " left", 14, "Time to the last step, at this speed", tone.text);
  } else {
    line.field(" ", 14, "", tone.text);
  }
  if (s.description) line.field(s.description->device, 0, "What it is computed with", tone.muted);
  if (s.memory_bytes > 0) {
    line.field(grouped(static_cast<std::int64_t>(s.memory_bytes >> 20)) + " MiB", 9, "Memory in use", tone.muted);
  }
}

void draw_log_button(Application& app) {
  const std::size_t errors = app.errors();
  const std::string label = (errors > 0 ? ICON_ERROR " log: " : "log: ") + std::to_string(errors) +
                            (errors == 1 ? " error" : " errors") + "###log";
  const float width = ImGui::CalcTextSize(label.c_str(), nullptr, true).x + 2 * ImGui::GetStyle().FramePadding.x;
  const float at = ImGui::GetWindowWidth() - width - ImGui::GetStyle().WindowPadding.x;
  // What was said last, in the room that is left.
  if (const float room = at - ImGui::GetCursorPosX() - 10 * app.scale();
      !app.notice().empty() && room > 60 * app.scale()) {
    const ImVec2 from = ImGui::GetCursorScreenPos();
    const ImVec2 to(from.x + room, from.y + ImGui::GetFontSize() * 1.5f);
    ImGui::RenderTextEllipsis(ImGui::GetWindowDrawList(), from, to, to.x, app.notice().c_str(), nullptr, nullptr);
    ImGui::InvisibleButton("###notice", ImVec2(room, ImGui::GetFontSize()));
    ImGui::SetItemTooltip("%s", app.notice().c_str());
    ImGui::SameLine();
  }
  ImGui::SetCursorPosX(std::max(at, ImGui::GetCursorPosX()));
  ImGui::PushStyleColor(ImGuiCol_Text, errors > 0 ? tones(app.dark()).error : tones(app.dark()).muted);
  ImGui::PushStyleColor(ImGuiCol_Button, IM_COL32_BLACK_TRANS);
  if (ImGui::SmallButton(label.c_str())) app.show_panel("log", true);
  ImGui::PopStyleColor(2);
  ImGui::SetItemTooltip("Show the log");
}

}  // namespace

void draw_status_bar(Application& app) {
  const float height = ImGui::GetFrameHeight() + 2 * app.scale();
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ImGui::GetStyleColorVec4(ImGuiCol_MenuBarBg));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(10 * app.scale(), 3 * app.scale()));
  constexpr auto flags = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoDocking |
                         ImGuiWindowFlags_NoScrollWithMouse;
  if (ImGui::BeginViewportSideBar("###status", ImGui::GetMainViewport(), ImGuiDir_Down, height, flags)) {
    draw_fields(app);
    draw_log_button(app);
  }
  ImGui::End();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
}

}  // namespace tessera
