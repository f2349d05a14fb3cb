// Where the panels are when nobody has moved them.
#pragma once

#include <string>
#include <string_view>

#include "app/panels/panel.h"
#include "imgui.h"

namespace tessera {

// Of a panel's window, for ImGui::Begin: the title that is shown, and an ID that stays if the title changes.
std::string window_id(const Panel&);

// Docks the panels into the dock space `space` of `size` pixels: Experiments and Controls in a column on the left,
// Curves large in the middle, Routing beside it, Overlap, Conflict and Tiles below; Log behind Curves. A panel that has
// no place of its own joins Curves.
void build_default_layout(ImGuiID space, ImVec2 size, const std::vector<std::unique_ptr<Panel>>&, float scale);

// Whether a layout that was kept (Dear ImGui's .ini text) can be given back to it: its docking nodes form a tree, each
// named once and after its parent. Dear ImGui itself does not check, and never ends on a node that is its own ancestor.
bool usable_layout(std::string_view ini);

}  // namespace tessera
