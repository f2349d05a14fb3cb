// The three views of the compare panel. Each draws into the room from the cursor on; `runs` are those that are shown,
// each with a description.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/panels/curve.h"
#include "app/panels/heatmap.h"
#include "app/panels/panel.h"

namespace tessera {

using ShownRuns = std::vector<const ComparedRun*>;

ImU32 run_colour(const ComparedRun&, bool dark);

// One metric of all runs over the steps. Item ids: "##metric", "##layer", "##compared".
class CompareCurves {
 public:
  void draw(PanelContext&, const ShownRuns&);

 private:
  struct Choice {
    std::string label;
    std::string family;  // of one metric a layer: that of the chosen layer is shown
    std::string metric;  // otherwise: its name
  };
  std::vector<Choice> choices(const ShownRuns&) const;
  void plot(PanelContext&, const ShownRuns&, const Choice&);

  std::string wanted_ = "alpha_entropy";   // family, or name of a metric
  std::map<std::uint64_t, Curve> curves_;  // by run, of the metric shown
  std::string shown_;                      // what the curves are of
  bool follow_ = true;
  double x_min_ = 0, x_max_ = 1, y_min_ = 0, y_max_ = 1;
};

// A heatmap of two runs side by side, and the second less the first. Item ids: "##matrix", "##first", "##second",
// "##layer", "##one", "##other", "##difference".
class CompareMaps {
 public:
  void draw(PanelContext&, const ShownRuns&);

 private:
  void maps(PanelContext&, const ComparedRun& one, const ComparedRun& other, const std::string& family);

  std::string family_;
  std::size_t first_ = 0, second_ = 1;
  std::vector<float> difference_;
  HeatmapCache caches_[3];
};

// Parameters in which the runs differ, what was changed in them, and the last value of every scalar. Item id:
// "##table".
void draw_compare_table(PanelContext&, const ShownRuns&);

}  // namespace tessera
