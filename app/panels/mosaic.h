// The mosaic, class by tile: who knows what, in the tiles' colours, or how well it is known.
#pragma once

#include <string>
#include <vector>

#include "app/panels/panel.h"
#include "app/panels/tile_layouts.h"
#include "imgui.h"

namespace tessera {

struct Mosaic {
  const Tiles& tiles;      // in force
  const Tiles* draft;      // of as many tiles; null: nothing is edited
  bool toggles = false;    // a click on a cell puts the class in, or takes it out, and leaves the other tiles alone
  bool asked = false;      // the draft is asked for: a click changes nothing in it
  const MetricSpec* spec;  // of the values that are shown; null: each tile has its colour
  // [classes, tiles]: null, or for the tooltip, and the values that are shown.
  const Matrix *learned, *forgotten, *values;
};

struct MosaicHit {
  int tile = -1, of_class = -1;  // under the pointer
  bool clicked = false;
};

// Draws it into `size` at the cursor. Item id: "##mosaic"; GUI tests find a cell with heatmap_cell.
MosaicHit draw_mosaic(PanelContext&, const Mosaic&, ImVec2 size);

}  // namespace tessera
