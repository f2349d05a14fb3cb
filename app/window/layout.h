// Where the panels are when nobody has moved them.
#pragma once

#include <string>

#include "app/panels/panel.h"
#include "imgui.h"

namespace tessera {

// Of a panel's window, for ImGui::Begin: the title that is shown, and an ID that stays if the title changes.
std::string window_id(const Panel&);

// Docks the panels into the dock space `space` of `size` pixels: Experiments and Controls in a column on the left,
// Curves large in the middle, Routing beside it, Overlap, Conflict and Tiles below; Log behind Curves. A panel that has
// no place of its own joins Curves.
void build_default_layout(ImGuiID space, ImVec2 size, const std::vector<std::unique_ptr<Panel>>&, float scale);

}  // namespace tessera
