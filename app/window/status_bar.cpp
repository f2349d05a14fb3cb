// The line at the bottom: state, step, rate, time left, device, memory, errors. Figures keep their places as they
// change; those at the end give way where the window is narrow.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "app/panels/colours.h"
#include "app/panels/icons.h"
#include "app/window/application.h"
#include "app/window/chrome.h"
#include "core/lab/text.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

std::string rate(double per_s) {
  if (per_s >= 9.95) return with_commas(std::llround(per_s)) + " steps/s";
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

struct Field {
  std::string text;
  int wide;  // characters it has room for, at least, so that what follows keeps its place
  const char* tooltip;
  ImU32 colour;
};

// The most important first. `brief`: as short as it can be said.
std::vector<Field> fields_of(const Snapshot& s, const Tones& tone, bool brief) {
  const std::string steps = with_commas(s.steps);
  std::string done = with_commas(s.step);
  if (done.size() < steps.size()) done.insert(0, steps.size() - done.size(), ' ');
  std::vector<Field> fields = {
      {to_string(s.state), brief ? 0 : 8, "State of the session", state_colour(s.state, tone)},
      {(brief ? "" : "step ") + done + " / " + steps, brief ? 0 : 18, "Training steps done, and planned", tone.text}};
  const bool running = s.state == State::running;
  fields.push_back({running && s.steps_per_s > 0 ? rate(s.steps_per_s) : "- steps/s", 13, "Training speed", tone.text});
  const bool known = running && s.seconds_left > 0;
  fields.push_back({known ? duration(s.seconds_left) + " left" : " ", 14,
                    known ? "Time to the last step, at this speed" : "", tone.text});
  if (s.description) fields.push_back({s.description->device, 0, "What it is computed with", tone.muted});
  if (s.memory_bytes > 0) {
    const std::string memory = with_commas(static_cast<std::int64_t>(s.memory_bytes >> 20)) + " MiB";
    fields.push_back({memory, 9, "Memory in use", tone.muted});
  }
  return fields;
}

// How wide a field is with the gap after it, in the font for figures.
float width_of(const Field& field, float scale) {
  const float least = ImGui::CalcTextSize("0").x * static_cast<float>(field.wide);
  return std::max(least, ImGui::CalcTextSize(field.text.c_str()).x) + 18 * scale;
}

// Those that end left of `end`; the first two in any case.
void draw_fields(const Application& app, const std::vector<Field>& fields, float end) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    const float start = ImGui::GetCursorPosX();
    ImGui::PushFont(app.fonts().figures, 0);
    const float next = start + width_of(field, app.scale());
    if (i < 2 || next <= end) {
      ImGui::PushStyleColor(ImGuiCol_Text, field.colour);
      ImGui::TextUnformatted(field.text.c_str());
      ImGui::PopStyleColor();
    }
    ImGui::PopFont();
    if (i >= 2 && next > end) return;
    if (*field.tooltip) ImGui::SetItemTooltip("%s", field.tooltip);
    ImGui::SameLine(next);
  }
}

std::string log_label(std::size_t errors, bool brief) {
  std::string label = (errors > 0 ? ICON_ERROR " log: " : "log: ") + std::to_string(errors);
  if (!brief) label += errors == 1 ? " error" : " errors";
  return label + "###log";
}

float width_of_button(const std::string& label) {
  return ImGui::CalcTextSize(label.c_str(), nullptr, true).x + 2 * ImGui::GetStyle().FramePadding.x;
}

// What was said last, in the room up to `end`.
void draw_notice(const Application& app, float end) {
  const float room = end - ImGui::GetCursorPosX() - 10 * app.scale();
  if (app.notice().empty() || room <= 60 * app.scale()) return;
  const ImVec2 from = ImGui::GetCursorScreenPos();
  const ImVec2 to(from.x + room, from.y + ImGui::GetFontSize() * 1.5f);
  ImGui::RenderTextEllipsis(ImGui::GetWindowDrawList(), from, to, to.x, app.notice().c_str(), nullptr, nullptr);
  ImGui::InvisibleButton("###notice", ImVec2(room, ImGui::GetFontSize()));
  ImGui::SetItemTooltip("%s", app.notice().c_str());
  ImGui::SameLine();
}

void draw_line(Application& app) {
  const Tones& tone = tones(app.dark());
  const float edge = ImGui::GetWindowWidth() - ImGui::GetStyle().WindowPadding.x;
  const std::size_t errors = app.errors();
  std::string label = log_label(errors, false);
  std::vector<Field> fields = fields_of(app.snapshot(), tone, false);
  // State, step and the button are always there: in shorter words where there is little room.
  ImGui::PushFont(app.fonts().figures, 0);
  const float needed = width_of(fields[0], app.scale()) + width_of(fields[1], app.scale());
  ImGui::PopFont();
  if (ImGui::GetCursorPosX() + needed > edge - width_of_button(label)) {
    label = log_label(errors, true);
    fields = fields_of(app.snapshot(), tone, true);
  }
  const float button = edge - width_of_button(label);
  draw_fields(app, fields, button);
  draw_notice(app, button);
  ImGui::SetCursorPosX(button);
  ImGui::PushStyleColor(ImGuiCol_Text, errors > 0 ? tone.error : tone.muted);
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
    draw_line(app);
  }
  ImGui::End();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
}

}  // namespace tessera
