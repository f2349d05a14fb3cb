// Figures with their names, side by side on as many lines as they need; what each is, is its tooltip.
#pragma once

#include <span>
#include <string>

#include "app/panels/panel.h"

namespace tessera {

struct Figure {
  std::string label, text;  // "effective rank", "3.2 of 5"
  const MetricSpec* spec;   // for the tooltip; not null
};

void draw_figures(const PanelContext&, std::span<const Figure>);

}  // namespace tessera
