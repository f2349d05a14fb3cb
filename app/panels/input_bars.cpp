// See input_bars.h.
#include "app/panels/input_bars.h"

#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/widgets.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

constexpr float least_width = 5;   // of a bar, pixels at scale 1
constexpr float grab_padding = 2;  // as Dear ImGui's slider has it
constexpr const char* format = "%.2f";

// Where a value is on Dear ImGui's vertical slider.
float height_of(double value, double extent, const ImRect& frame) {
  const float grab = std::min(ImGui::GetStyle().GrabMinSize, frame.GetHeight() - 2 * grab_padding);
  const float low = frame.Max.y - grab_padding - grab / 2, high = frame.Min.y + grab_padding + grab / 2;
  const double share = std::clamp((value + extent) / (2 * extent), 0.0, 1.0);
  return std::round(low + (high - low) * static_cast<float>(share));
}

// Where a figure can be typed: wider than the bar, within the window.
ImRect field(const ImRect& frame) {
  const ImRect window = ImGui::GetCurrentWindow()->InnerRect;
  const float width = std::min(window.GetWidth(), ImGui::CalcTextSize("-1000.00").x + 8);
  const float left = std::clamp(frame.GetCenter().x - width / 2, window.Min.x, window.Max.x - width);
  return {ImVec2(left, frame.Min.y), ImVec2(left + width, frame.Min.y + ImGui::GetFrameHeight())};
}

// Whether the figure is to be typed from now on, or is being typed; otherwise the item is held as a slider is.
bool typing(ImGuiID id, bool hovered) {
  ImGuiContext& g = *ImGui::GetCurrentContext();
  if (ImGui::TempInputIsActive(id)) return true;
  const bool clicked = hovered && ImGui::IsMouseClicked(0, ImGuiInputFlags_None, id);
  const bool keys = g.NavActivateId == id;
  if (clicked) ImGui::SetKeyOwner(ImGuiKey_MouseLeft, id);
  if (clicked && (g.IO.KeyCtrl || g.IO.MouseClickedCount[0] == 2)) return true;
  if (keys && (g.NavActivateFlags & ImGuiActivateFlags_PreferInput) != 0) return true;
  if (!clicked && !keys) return false;
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  ImGui::SetActiveID(id, window);
  ImGui::SetFocusID(id, window);
  ImGui::FocusWindow(window);
  g.ActiveIdUsingNavDirMask |= (1 << ImGuiDir_Up) | (1 << ImGuiDir_Down);
  return false;
}

}  // namespace

bool InputBars::bar(int expert, double& value, double most, ImVec2 at, ImVec2 size, bool marked,
                    const PanelContext& context) {
  const std::string label = "##" + noun_ + " " + std::to_string(expert);
  const ImGuiID id = ImGui::GetID(label.c_str());
  const ImRect frame(at, ImVec2(at.x + size.x, at.y + size.y));
  if (!ImGui::ItemAdd(frame, id, nullptr, ImGuiItemFlags_Inputable)) return false;
  const bool hovered = ImGui::ItemHoverable(frame, id, ImGui::GetCurrentContext()->LastItemData.ItemFlags);
  const double before = value;
  if (typing(id, hovered)) {
    const double least = -most;
    ImGui::TempInputScalar(field(frame), id, label.c_str(), ImGuiDataType_Double, &value, "%.6g", &least, &most);
    if (!std::isfinite(value)) value = before;
    held_ = true;
    return value != before;
  }
  const double low = -extent_, high = extent_;
  ImRect grab;
  if (ImGui::SliderBehavior(frame, id, ImGuiDataType_Double, &value, &low, &high, format, ImGuiSliderFlags_Vertical,
                            &grab)) {
    ImGui::MarkItemEdited(id);
  }
  const bool active = ImGui::IsItemActive();
  held_ = held_ || active;
  if (hovered || active) shown_ = expert;

  const Tones& tone = tones(context.dark);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImGuiCol background = active ? ImGuiCol_FrameBgActive : hovered ? ImGuiCol_FrameBgHovered : ImGuiCol_FrameBg;
  list.AddRectFilled(frame.Min, frame.Max, ImGui::GetColorU32(background), 2);
  const float zero = height_of(0, extent_, frame), end = height_of(value, extent_, frame);
  list.AddRectFilled(ImVec2(frame.Min.x, std::min(zero, end - 1)), ImVec2(frame.Max.x, std::max(zero, end + 1)),
                     expert_colour(expert, context.dark));
  list.AddLine(ImVec2(frame.Min.x, zero), ImVec2(frame.Max.x, zero), tone.muted);
  if (marked || active) list.AddRect(frame.Min, frame.Max, tone.text, 2);
  ImGui::RenderNavCursor(frame, id);
  return value != before;
}

void InputBars::numbers(int experts, ImVec2 at, float width, const PanelContext& context) const {
  const float widest = ImGui::CalcTextSize(std::to_string(experts - 1).c_str()).x + 4 * context.scale;
  const int stride = std::max(1, static_cast<int>(std::ceil(widest / width)));
  for (int expert = 0; expert < experts; expert += stride) {
    const std::string text = std::to_string(expert);
    const float middle = at.x + width * (static_cast<float>(expert) + 0.5f);
    const ImVec2 where(std::round(middle - ImGui::CalcTextSize(text.c_str()).x / 2), at.y);
    ImGui::GetWindowDrawList()->AddText(where, tones(context.dark).text, text.c_str());
  }
}

bool InputBars::draw(std::vector<double>& values, double most, ImVec2 size, Pointed& pointed,
                     const PanelContext& context) {
  const int experts = static_cast<int>(values.size());
  if (!held_) {
    extent_ = least_;
    for (const double value : values) extent_ = std::max(extent_, std::ceil(std::abs(value)));
  }
  held_ = false;

  const float right = ImGui::GetCursorPosX() + size.x;
  ui::muted_text(context, plural_.c_str());
  ImGui::SetItemTooltip("Drag a bar; double click or Ctrl+click it to type");
  const bool one = shown_ >= 0 && shown_ < experts;
  const std::string text =
      one ? noun_ + " " + std::to_string(shown_) + ": " + ui::number(values[static_cast<std::size_t>(shown_)])
          : "-" + ui::number(extent_) + " to " + ui::number(extent_);
  ImGui::SameLine(std::max(0.0f, right - ImGui::CalcTextSize(text.c_str()).x));
  if (one) {
    ImGui::TextUnformatted(text.c_str());
  } else {
    ui::muted_text(context, text.c_str());
  }
  shown_ = -1;

  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  const ImVec2 room(size.x, size.y - ImGui::GetTextLineHeightWithSpacing());
  ImGui::BeginChild(("##" + plural_).c_str(), room, ImGuiChildFlags_None, ImGuiWindowFlags_HorizontalScrollbar);
  ImGui::PopStyleVar();
  const ImVec2 at = ImGui::GetCursorScreenPos(), inside = ImGui::GetContentRegionAvail();
  const float width = std::max(inside.x / static_cast<float>(experts), least_width * context.scale);
  const float gap = width >= 8 ? 2.0f : 1.0f;
  const float height = std::max(8.0f, inside.y - ImGui::GetTextLineHeight());
  bool changed = false;
  int typed = -1;  // last, so that no bar is drawn over the field
  const auto draw_one = [&](int expert) {
    const ImVec2 corner(std::round(at.x + width * static_cast<float>(expert)), at.y);
    const float right = std::round(at.x + width * static_cast<float>(expert + 1));
    changed |= bar(expert, values[static_cast<std::size_t>(expert)], most, corner,
                   ImVec2(right - corner.x - gap, height), expert == pointed.expert, context);
  };
  for (int expert = 0; expert < experts; ++expert) {
    if (ImGui::TempInputIsActive(ImGui::GetID(("##" + noun_ + " " + std::to_string(expert)).c_str()))) {
      typed = expert;
    } else {
      draw_one(expert);
    }
  }
  numbers(experts, ImVec2(at.x, at.y + height), width, context);
  if (typed >= 0) draw_one(typed);
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(width * static_cast<float>(experts), height));  // all that there is to scroll
  ImGui::EndChild();
  if (shown_ >= 0) pointed.at(shown_);
  return changed;
}

}  // namespace tessera
