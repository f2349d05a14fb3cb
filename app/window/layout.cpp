// See layout.h.
#include "app/window/layout.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
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
      {"overlap", overlap},         {"conflict", conflict}, {"tiles", tiles},   {"subspaces", tiles},
      {"sequence", conflict},       {"attractor", routing}};
  for (const auto& panel : panels) {
    const auto place = places.find(panel->name());
    ImGui::DockBuilderDockWindow(window_id(*panel).c_str(), place == places.end() ? curves : place->second);
  }
  ImGui::DockBuilderFinish(space);
}

namespace {

constexpr std::size_t most_nodes = 256;

// The number after `key` ("ID=0x") in the line; nothing when it isn't there, or is no number.
std::optional<std::uint32_t> number_after(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == line.npos) return {};
  const std::string_view digits = line.substr(at + key.size());
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || (end != digits.data() + digits.size() && *end != ' ')) return {};
  return value;
}

}  // namespace

bool usable_layout(std::string_view ini) {
  std::map<std::uint32_t, int> children;  // by node
  bool docking = false;
  while (!ini.empty()) {
    const std::size_t end = std::min(ini.find('\n'), ini.size());
    const std::string_view line = ini.substr(0, end);
    ini.remove_prefix(std::min(end + 1, ini.size()));
    if (line.starts_with('[')) docking = line.starts_with("[Docking]");
    if (!docking || line.starts_with('[') || line.find_first_not_of(' ') == line.npos) continue;
    const auto id = number_after(line, "ID=0x");
    if (!id || *id == 0 || !children.emplace(*id, 0).second || children.size() > most_nodes) return false;
    if (line.find("Parent=") == line.npos) continue;
    const auto parent = number_after(line, "Parent=0x");
    const auto above = parent && *parent != *id ? children.find(*parent) : children.end();
    if (above == children.end() || ++above->second > 2) return false;
  }
  return true;
}

}  // namespace tessera
