// The bar over the status bar that moves the window through the run: a track from the first step to now with a handle
// to drag, where parameters were changed on it; while rewound, a badge that says so and the way back.
#include <algorithm>
#include <cmath>
#include <string>

#include "app/panels/colours.h"
#include "app/panels/widgets.h"
#include "app/window/application.h"
#include "app/window/chrome.h"
#include "core/lab/text.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

// The step at `x` of a track from `left` to `right` that ends at `last`.
std::int64_t step_at(float x, float left, float right, std::int64_t last) {
  const double part = std::clamp(static_cast<double>((x - left) / std::max(1.0f, right - left)), 0.0, 1.0);
  return std::llround(part * static_cast<double>(last));
}

void draw_track(Application& app, float width) {
  const Snapshot& now = app.snapshot();
  const Rewind& rewind = app.rewind();
  const Tones& tone = tones(app.dark());
  const float height = ImGui::GetFontSize(), radius = std::round(height * 0.36f);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float left = at.x + radius, right = at.x + width - radius, middle = std::round(at.y + height / 2);
  const std::int64_t last = std::max<std::int64_t>(1, now.step);
  ImGui::BeginDisabled(!rewind.possible());
  ImGui::InvisibleButton("###moment", ImVec2(std::max(1.0f, width), height));
  ImGui::EndDisabled();
  if (ImGui::IsItemActive()) {
    const std::int64_t step = step_at(ImGui::GetMousePos().x, left, right, last);
    app.rewind().go_to(step >= now.step ? -1 : step);
  } else if (ImGui::IsItemHovered() && rewind.possible()) {
    const std::int64_t step = step_at(ImGui::GetMousePos().x, left, right, last);
    ImGui::SetTooltip(
        "step %s\nDrag to look back at the run in all panels. Left and Right go by frames, Esc back to now.",
        with_commas(step).c_str());
  }
  const auto place = [&](std::int64_t step) {
    const double part = static_cast<double>(std::min(step, last)) / static_cast<double>(last);
    return left + static_cast<float>(part) * (right - left);
  };
  const float x = rewind.active() ? place(rewind.moment()) : right;
  const float half = std::max(1.0f, 1.5f * app.scale());
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(ImVec2(left, middle - half), ImVec2(right, middle + half), ui::faded(tone.muted, 0.4f), half);
  if (!rewind.possible()) return;
  list.AddRectFilled(ImVec2(left, middle - half), ImVec2(x, middle + half), rewind.active() ? tone.accent : tone.muted,
                     half);
  float drawn = -1e9f;
  for (const Intervention& change : *now.timeline) {
    if (change.step >= now.step) break;
    const float mark = std::round(place(change.step));
    if (mark - drawn < 2) continue;
    drawn = mark;
    list.AddLine(ImVec2(mark, middle - height * 0.32f), ImVec2(mark, middle + height * 0.32f), tone.marker);
  }
  const bool lit = ImGui::IsItemActive() || ImGui::IsItemHovered();
  list.AddCircleFilled(ImVec2(x, middle), radius, rewind.active() ? tone.accent : lit ? tone.text : tone.muted);
}

// "step 400 of 1,240, rewound" on a patch of the accent's colour.
void draw_badge(const Application& app, const std::string& text) {
  const ImU32 accent = tones(app.dark()).accent;
  const ImVec2 at = ImGui::GetCursorScreenPos(), size = ImGui::CalcTextSize(text.c_str());
  const float margin = 6 * app.scale();
  ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(at.x + size.x + 2 * margin, at.y + size.y), accent,
                                            3 * app.scale());
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + margin);
  ImGui::PushStyleColor(ImGuiCol_Text, text_colour_on(accent));
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopStyleColor();
}

std::string badge_text(const Application& app, std::int64_t moment, bool brief) {
  const std::string step = with_commas(moment);
  return brief ? step + " rewound" : "step " + step + " of " + with_commas(app.snapshot().step) + ", rewound";
}

}  // namespace

void draw_rewind_bar(Application& app) {
  const float scale = app.scale(), gap = ImGui::GetStyle().ItemSpacing.x;
  const float height = ImGui::GetFontSize() + 6 * scale;
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ImGui::GetStyleColorVec4(ImGuiCol_MenuBarBg));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(10 * scale, 3 * scale));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  constexpr auto flags = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoDocking |
                         ImGuiWindowFlags_NoScrollWithMouse;
  if (ImGui::BeginViewportSideBar("###rewind", ImGui::GetMainViewport(), ImGuiDir_Down, height, flags)) {
    // The track keeps its place: it is dragged while the badge appears.
    const bool brief = ImGui::GetContentRegionAvail().x < 600 * scale;
    const float start = ImGui::GetCursorPosX();
    ImGui::PushFont(app.fonts().figures, 0);
    const std::int64_t most = std::max(app.snapshot().step, app.snapshot().steps);
    const float badge = ImGui::CalcTextSize((badge_text(app, most, brief) + "  ").c_str()).x;
    if (app.rewind().active()) draw_badge(app, badge_text(app, app.rewind().moment(), brief));
    ImGui::PopFont();
    if (!app.rewind().active()) {
      ImGui::PushStyleColor(ImGuiCol_Text, tones(app.dark()).muted);
      ImGui::TextUnformatted("look back");
      ImGui::PopStyleColor();
    }
    ImGui::SameLine(start + badge + gap);
    ImGui::BeginDisabled(!app.rewind().active());
    const bool back = ImGui::SmallButton("Now###now");
    ImGui::EndDisabled();
    ImGui::SetItemTooltip("Back to the run as it is now (Esc)");
    if (back) app.rewind().go_to(-1);
    ImGui::SameLine(0, gap * 2);
    draw_track(app, ImGui::GetContentRegionAvail().x);
  }
  ImGui::End();
  ImGui::PopStyleVar(2);
  ImGui::PopStyleColor();
}

}  // namespace tessera
