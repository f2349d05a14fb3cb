// See layout.h.
#include "app/window/layout.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "imgui_internal.h"

namespace tessera {

std::string window_id(const Panel& panel) { return std::string(panel.title()) + "###" + panel.name(); }

void build_default_layout(ImGuiID space, ImVec2 size, const std::vector<std::unique_ptr<Panel>>& panels, float scale) {
  ImGui::DockBuilderRemoveNode(space);
  ImGui::DockBuilderAddNode(space, ImGuiDockNodeFlags_DockSpace);
  ImGui::DockBuilderSetNodeSize(space, size);

  // The column of controls is as wide as its text needs, whatever the window; the rest is shared out.
  const float column = std::clamp(300 * scale / size.x, 0.12f, 0.4f);
  ImGuiID rest = 0, below = 0;
  const ImGuiID left = ImGui::DockBuilderSplitNode(space, ImGuiDir_Left, column, nullptr, &rest);
  ImGuiID controls = 0;
  const ImGuiID experiments = ImGui::DockBuilderSplitNode(left, ImGuiDir_Up, 0.30f, nullptr, &controls);
  ImGuiID upper = ImGui::DockBuilderSplitNode(rest, ImGuiDir_Up, 0.5f, nullptr, &below);
  ImGuiID curves = 0, tiles = 0, conflict = 0;
  const ImGuiID routing = ImGui::DockBuilderSplitNode(upper, ImGuiDir_Right, 0.40f, nullptr, &curves);
  const ImGuiID overlap = ImGui::DockBuilderSplitNode(below, ImGuiDir_Left, 1.0f / 3, nullptr, &tiles);
  conflict = ImGui::DockBuilderSplitNode(tiles, ImGuiDir_Left, 0.5f, nullptr, &tiles);

  const std::map<std::string_view, ImGuiID> places = {
      {"experiments", experiments}, {"controls", controls}, {"curves", curves}, {"routing", routing},
      {"overlap", overlap},         {"conflict", conflict}, {"tiles", tiles}};
  for (const auto& panel : panels) {
    const auto place = places.find(panel->name());
    ImGui::DockBuilderDockWindow(window_id(*panel).c_str(), place == places.end() ? curves : place->second);
  }
  ImGui::DockBuilderFinish(space);
}

}  // namespace tessera
