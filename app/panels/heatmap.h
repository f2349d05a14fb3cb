// The one heatmap of all panels: named rows and columns, a colour bar, the value under the pointer, cells without a
// value hatched. Over 128 x 128 cells it is drawn as a texture.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/panels/panel.h"
#include "imgui.h"

namespace tessera {

struct HeatmapAxis {
  std::string title;                     // "expert"
  std::vector<std::string> labels;       // one an index; "expert 3" is drawn as "3" if the title is "expert"
  std::function<ImU32(int)> colour;      // a mark beside the name (an expert's colour); may be empty
  std::function<bool(int)> highlighted;  // may be empty
};

struct Heatmap {
  int rows = 0, columns = 0;
  std::span<const float> values;  // row-major; NaN: no value, hatched; infinite: there is no such cell, left blank
  HeatmapAxis row_axis, column_axis;
  Colours colours = Colours::sequential;
  double low = 0, high = 1;      // range of the colours; equal: from the data (diverging: symmetric about 0)
  std::string value_name, unit;  // in the tooltip
  std::string caption;           // above the colour bar; empty: value_name
  std::string missing;           // what the tooltip says of a NaN: "dead expert"
  // Why a NaN is as it should be: such a cell is plain and not hatched. Empty text: it is missing. May be empty itself.
  std::function<std::string(int row, int column)> plain;
  int selected_row = -1, selected_column = -1;  // both: a cell; one: all of its row or column
  std::function<bool(int, int)> highlighted;    // outlined, too; may be empty
  float largest_cell = 110;                     // pixels at scale 1
};

struct HeatmapHit {
  int row = -1, column = -1;  // under the pointer; one alone: its name is
  bool clicked = false;
};

// Keeps the texture of a large heatmap between frames. One for each place where a heatmap is drawn.
class HeatmapCache {
 public:
  HeatmapCache();
  ~HeatmapCache();
  HeatmapCache(const HeatmapCache&) = delete;
  HeatmapCache& operator=(const HeatmapCache&) = delete;
  struct Texture;
  Texture& texture() { return *texture_; }

 private:
  std::unique_ptr<Texture> texture_;
};

// Draws it into `size` at the cursor. `id` ("##pairs") names the item; GUI tests find a cell with heatmap_cell.
HeatmapHit draw_heatmap(const char* id, const Heatmap&, ImVec2 size, const PanelContext&, HeatmapCache&);

// Parts of it, for what is drawn like one. The colour bar fills `from` to `to`, with its figures at the right, which
// need colour_bar_figures().
void draw_colour_bar(ImDrawList&, ImVec2 from, ImVec2 to, Colours, double low, double high, bool dark);
float colour_bar_figures(double low, double high);
// For heatmap_cell: where item `id` has its first cell, and the size of each.
void remember_cells(ImGuiID id, ImVec2 first, ImVec2 cell);

// The middle of a cell of the heatmap that was last drawn as item `id`, from the storage of its window: for GUI tests.
ImVec2 heatmap_cell(const ImGuiStorage& of_window, ImGuiID id, int row, int column);

}  // namespace tessera
