// Making names fit where they are drawn: common words taken off, the rest cut at a character and marked with an
// ellipsis. The width of a text comes from the caller, so that this needs no font.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

using TextWidth = std::function<float(std::string_view)>;

// Length of the words (with the space after them) that all names start with: 7 for "expert 0", "expert 1". 0 when
// taking them off would leave a name empty.
std::size_t shared_word(std::span<const std::string> names);

// The names without the words they share.
std::vector<std::string> without_shared_word(std::span<const std::string> names);

// `text` if it fits into `width`, else its longest beginning that fits with "…" after it (never half a UTF-8
// character); empty when not even one character does.
std::string shortened(std::string_view text, float width, const TextWidth& measure);

// How close lines of these names may be: figures have nothing below the base line.
float least_pitch(std::span<const std::string> names, float line);

// Where the names of rows and columns go, so that none overlap: computed before anything is drawn.
struct HeatmapMeasures {
  float width = 0, height = 0;  // of the whole widget
  int rows = 0, columns = 0;
  float row_label = 0, column_label = 0;  // the widest of each
  float row_title = 0, column_title = 0;  // widths of the axes' titles
  float bar = 0;                          // width of the colour bar with its figures; 0: no bar
  float line = 0;                         // height of a line of text
  float row_pitch = 0;                    // rows with less room than this between them leave names out
  float largest_cell = 1e9f;              // cells grow no larger, in either direction
};
struct HeatmapLayout {
  float x = 0, y = 0, width = 0, height = 0;  // of the cells, relative to the widget; multiples of whole cells
  float cell_width = 0, cell_height = 0;
  float row_label = 0;                    // room for a row's name
  float column_label = 0;                 // room for a column's name, along the text
  bool upright = false;                   // names of columns are turned by 90 degrees
  int row_stride = 1, column_stride = 1;  // every so many names are drawn
  bool title_below = false;  // the title of the columns has a line of its own; otherwise it is left of their names
};
HeatmapLayout layout_heatmap(const HeatmapMeasures&);

}  // namespace tessera
