// Horizontal bars with names: parts of a whole in experts' colours, and shares against an even one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/panels/panel.h"
#include "imgui.h"

namespace tessera {

struct BarHit {
  int row = -1, part = -1;  // under the pointer
  bool clicked = false;
};

struct RoutedLayer {
  int index = 0;
  std::string noun = "expert";  // or "tile"
};

// One bar a row, from 0 to 1, made of one part an expert. shares: experts x rows, row-major; a row without any is left
// blank.
BarHit stacked_bars(const char* id, const std::vector<std::string>& rows, std::span<const float> shares, int experts,
                    const RoutedLayer& layer, const std::string& title, ImVec2 size, const PanelContext&);

// One bar an expert: its share of the load, with a line where an even share is. Dead ones say so instead.
BarHit load_bars(const char* id, std::span<const float> shares, const std::vector<bool>& dead, const RoutedLayer& layer,
                 ImVec2 size, const PanelContext&);

}  // namespace tessera
