// Small widgets that all panels share.
#include "app/panels/widgets.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/panels/colours.h"
#include "app/panels/labels.h"
#include "app/panels/lookup.h"

namespace tessera::ui {
namespace {

float text_width(std::string_view text) { return ImGui::CalcTextSize(text.data(), text.data() + text.size(), false).x; }

// What a metric is, wrapped as the caller has pushed it.
void explain(const PanelContext& context, const MetricSpec& spec, const std::string& title) {
  ImGui::PushFont(context.heading, 0);
  ImGui::TextUnformatted(title.c_str());
  ImGui::PopFont();
  if (!spec.unit.empty()) {
    ImGui::SameLine();
    ImGui::TextColored(colour(tones(context.dark).muted), "in %s", spec.unit.c_str());
  }
  if (!spec.definition.empty()) ImGui::TextUnformatted(spec.definition.c_str());
  if (!spec.formula.empty()) {
    ImGui::PushFont(context.figures, 0);
    ImGui::TextUnformatted(spec.formula.c_str());
    ImGui::PopFont();
  }
  if (!spec.source.empty()) muted_text(context, ("Source: " + spec.source).c_str());
}

// The first metric of a family that has a definition: layers of one family share theirs.
const MetricSpec* representative(const Description& description, std::string_view family) {
  const MetricSpec* found = nullptr;
  for (const MetricSpec& spec : description.metrics) {
    if (spec.family != family) continue;
    if (!found || (found->definition.empty() && !spec.definition.empty())) found = &spec;
  }
  return found;
}

// A combo of at least one item. True when one was clicked, perhaps the one that is shown.
bool pick(const char* id, std::size_t& chosen, std::span<const std::string> items, const char* tooltip, float room) {
  chosen = std::min(chosen, items.size() - 1);
  float widest = 0;
  for (const std::string& item : items) widest = std::max(widest, text_width(item));
  const ImGuiStyle& style = ImGui::GetStyle();
  const float full = widest + 2 * style.FramePadding.x + ImGui::GetFrameHeight();
  bool clicked = false;
  const float shown = std::max(ImGui::GetFrameHeight() * 2, std::min(full, room));
  const float text_room = shown - ImGui::GetFrameHeight() - 2 * style.FramePadding.x + 1;
  ImGui::SetNextItemWidth(shown);
  if (ImGui::BeginCombo(id, fitted(items[chosen], text_room).c_str())) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (ImGui::Selectable(items[i].c_str(), i == chosen)) {
        chosen = i;
        clicked = true;
      }
      if (i == chosen) ImGui::SetItemDefaultFocus();
    }
    ImGui::EndCombo();
  } else if (tooltip && *tooltip) {
    ImGui::SetItemTooltip("%s", tooltip);
  }
  return clicked;
}

}  // namespace

ImVec4 colour(ImU32 value) { return ImGui::ColorConvertU32ToFloat4(value); }

ImU32 faded(ImU32 value, float alpha) {
  const auto opacity = static_cast<float>((value >> IM_COL32_A_SHIFT) & 0xFFu) * std::clamp(alpha, 0.0f, 1.0f);
  return (value & ~IM_COL32_A_MASK) | (static_cast<ImU32>(opacity + 0.5f) << IM_COL32_A_SHIFT);
}

std::string fitted(std::string_view text, float width) { return shortened(text, width, text_width); }

void fitted_text(std::string_view text, float width) {
  const std::string shown = shortened(text, width, text_width);
  ImGui::TextUnformatted(shown.data(), shown.data() + shown.size());
  if (shown != text) ImGui::SetItemTooltip("%.*s", static_cast<int>(text.size()), text.data());
}

void muted_text(const PanelContext& context, const char* text) {
  ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).muted);
  ImGui::TextUnformatted(text);
  ImGui::PopStyleColor();
}

void wrapped(std::string_view text) {
  ImGui::PushTextWrapPos(0.0f);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopTextWrapPos();
}

bool combo(const char* id, std::size_t& chosen, std::span<const std::string> items, const char* tooltip, float room) {
  if (items.empty()) return false;
  const std::size_t before = std::min(chosen, items.size() - 1);
  return pick(id, chosen, items, tooltip, room) && chosen != before;
}

bool tab(const char* label, bool down) {
  if (down) {
    ImGui::PushStyleColor(ImGuiCol_Button, ImGui::GetStyleColorVec4(ImGuiCol_ButtonActive));
  } else {
    ImGui::PushStyleColor(ImGuiCol_Button, ImGui::GetStyleColorVec4(ImGuiCol_FrameBg));
  }
  const bool pressed = ImGui::Button(label);
  ImGui::PopStyleColor();
  return pressed;
}

bool choose_view(const char* id, std::size_t& chosen, std::span<const ViewChoice> views, float room) {
  if (views.empty()) return false;
  chosen = std::min(chosen, views.size() - 1);
  const ImGuiStyle& style = ImGui::GetStyle();
  const auto count = static_cast<float>(views.size());
  float all = count * 2 * style.FramePadding.x + (count - 1) * style.ItemSpacing.x;
  for (const ViewChoice& view : views) all += text_width(view.label);
  if (all > room) {
    std::vector<std::string> labels;
    for (const ViewChoice& view : views) labels.emplace_back(view.label);
    const char* tooltip = views[chosen].tooltip;
    return pick(id, chosen, labels, *tooltip ? tooltip : "What is shown", room);
  }
  const std::size_t before = chosen;
  bool clicked = false;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (i > 0) ImGui::SameLine();
    if (tab(views[i].label, i == before)) {
      chosen = i;
      clicked = true;
    }
    if (*views[i].tooltip) ImGui::SetItemTooltip("%s", views[i].tooltip);
  }
  return clicked;
}

void layer_combo(PanelContext& context, float room) {
  if (!context.snapshot.description) return;
  const std::vector<std::string>& names = context.snapshot.description->layer_names;
  if (names.empty()) return;
  auto chosen = static_cast<std::size_t>(std::clamp(context.selection.layer, 0, static_cast<int>(names.size()) - 1));
  if (combo("##layer", chosen, names, "The layer that all panels show", room)) {
    context.selection.expert = -1;
  }
  context.selection.layer = static_cast<int>(chosen);
}

float room_before_help() {
  return std::max(ImGui::GetFrameHeight() * 2,
                  ImGui::GetContentRegionAvail().x - ImGui::GetFrameHeight() - ImGui::GetStyle().ItemSpacing.x);
}

void help_button(PanelContext& context, const Panel& panel) {
  const float size = ImGui::GetFrameHeight();
  const float rest = ImGui::GetContentRegionAvail().x - size;
  if (rest > 0) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + rest);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(0, ImGui::GetStyle().FramePadding.y));
  if (ImGui::Button("?##help", ImVec2(size, 0))) ImGui::OpenPopup("##explanation");
  ImGui::PopStyleVar();
  ImGui::SetItemTooltip("What this shows, and how it is computed");
  ImGui::SetNextWindowSizeConstraints(ImVec2(0, 0), ImVec2(500 * context.scale, 460 * context.scale));
  ImGui::SetNextWindowSize(ImVec2(460 * context.scale, 0));
  if (!ImGui::BeginPopup("##explanation")) return;
  ImGui::PushFont(context.heading, 0);
  ImGui::TextUnformatted(panel.title());
  ImGui::PopFont();
  ImGui::PushTextWrapPos(0.0f);
  ImGui::TextUnformatted(panel.about());
  if (context.snapshot.description) {
    for (const std::string& family : panel.families()) {
      const MetricSpec* spec = representative(*context.snapshot.description, family);
      if (!spec) continue;
      ImGui::Spacing();
      explain(context, *spec, family_title(*context.snapshot.description, family));
    }
  }
  ImGui::PopTextWrapPos();
  ImGui::EndPopup();
}

void metric_tooltip(const PanelContext& context, const MetricSpec& spec) {
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip) || !ImGui::BeginTooltip()) return;
  ImGui::PushTextWrapPos(ImGui::GetFontSize() * 26);
  explain(context, spec, spec.title);
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void empty_state(PanelContext& context, const Panel& panel, std::string_view when) {
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float wrap = std::max(80.0f, std::min(room.x, 420 * context.scale));
  const std::string text(panel.about());
  const ImVec2 about = ImGui::CalcTextSize(text.c_str(), nullptr, false, wrap);
  const ImVec2 note = ImGui::CalcTextSize(when.data(), when.data() + when.size(), false, wrap);
  const float spacing = ImGui::GetStyle().ItemSpacing.y;
  const float height = about.y + note.y + 2 * spacing;
  const ImVec2 start = ImGui::GetCursorPos();
  const float left = start.x + std::max(0.0f, (room.x - wrap) / 2);
  ImGui::SetCursorPos(ImVec2(left, start.y + std::max(0.0f, (room.y - height) / 2.4f)));
  ImGui::PushTextWrapPos(left + wrap);
  ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).muted);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopStyleColor();
  ImGui::SetCursorPosX(left);
  ImGui::TextUnformatted(when.data(), when.data() + when.size());
  ImGui::PopTextWrapPos();
}

std::string number(double value) {
  if (std::isnan(value)) return "\u2013";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

}  // namespace tessera::ui
