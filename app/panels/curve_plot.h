// One plot of the curves panel: the series of a family over the steps, with guide lines and marks of what was changed.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/panels/curve.h"
#include "app/panels/marks.h"
#include "app/panels/panel.h"
#include "app/panels/series_names.h"
#include "imgui.h"

namespace tessera {

// What all plots of the panel share.
struct CurveView {
  double smoothing = 0;  // time constant in steps; 0: off
  bool logarithmic_x = false;
  std::set<std::string> logarithmic_y;                       // families
  std::set<std::string> hidden;                              // names of metrics
  double x_min = 0, x_max = 1;                               // shown; plots change it when the person pans or zooms
  std::map<std::string, std::pair<double, double>> y_range;  // families that the person zoomed
  bool follow = true;                                        // x_max is the newest step
  double hovered_step = -1;  // -1: none; of the frame before for plots above the hovered one
  std::int64_t moment = -1;  // -1: now
  std::string scrubbed;      // the family along whose step axis the pointer moves the moment; empty: none
  std::vector<Mark> marks;
  std::map<std::size_t, Curve> curves;  // by metric
};

// Draws it into `size` at the cursor; item id "##plot FAMILY". `lowest`: with the figures and title of the step axis,
// which sets the moment that the window shows.
// True when the pointer is in it.
bool draw_curve_plot(PanelContext&, CurveView&, const std::string& family, ImVec2 size, bool lowest);

}  // namespace tessera
