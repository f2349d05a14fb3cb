// The parts of the subspaces panel. Each draws into `size` at the cursor, below a line that says what it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/panels/heatmap.h"
#include "app/panels/panel.h"
#include "app/panels/subspace_data.h"

namespace tessera {

// What is known of the chosen layer at the moment shown. Pointers are null where there is none.
struct SubspaceView {
  const Description* description = nullptr;
  int layer = 0;
  const Matrix *by_layer = nullptr, *alpha = nullptr, *pairs = nullptr, *tasks = nullptr, *shares = nullptr;
  std::optional<std::size_t> alpha_metric, tasks_metric, conflict_metric;
  int dimension = -1;  // that was clicked; parts change it
  bool any() const { return by_layer || alpha; }
  bool several_tasks() const { return tasks_metric.has_value(); }
  const std::string& layer_name() const { return description->layer_names[static_cast<std::size_t>(layer)]; }
};
SubspaceView find_subspaces(const PanelContext&, int dimension);

// Whether the experts of any layer are subspaces.
bool has_subspaces(const Description&);

// The line above a part. Takes its height off `size`.
void part_heading(const PanelContext&, const std::string& text, ImVec2& size);

// The seed's figure, and three maps of the chosen layer. Item ids: "##figure", "##alpha", "##pairs", "##tasks".
class SubspaceMaps {
 public:
  void figure(PanelContext&, SubspaceView&, ImVec2 size);  // layers by experts
  void alpha(PanelContext&, SubspaceView&, ImVec2 size);   // expert by dimension
  void pairs(PanelContext&, SubspaceView&, ImVec2 size);   // expert by expert
  void tasks(PanelContext&, SubspaceView&, ImVec2 size);   // task by task

 private:
  std::vector<float> figure_;
  HeatmapCache caches_[4];
};

// Conflict by dimension over the run. Item ids: "##over_time", "##cosines" (of one dimension).
class SubspaceConflict {
 public:
  void over_time(PanelContext&, SubspaceView&, ImVec2 size);
  void cosines(PanelContext&, const SubspaceView&, ImVec2 size);

 private:
  struct Source {  // what a cache was made of
    std::uint64_t run = 0;
    std::size_t metric = 0, frames = 0;
    std::int64_t newest = -1;
    int dimension = -1;
    friend bool operator==(const Source&, const Source&) = default;
  };
  static Source source_of(const PanelContext&, std::size_t metric, int dimension);
  Source map_of_, cosines_of_;
  ConflictMap map_;
  CosineHistory cosines_;
  HeatmapCache cache_;
};

// Who holds the dimension: its experts and their tasks. Item ids: "##dimension" (a number to type), "##holder EXPERT"
// in the table "##holders".
void draw_holders(PanelContext&, SubspaceView&, SubspaceConflict&, ImVec2 size);

// The layer's scalars at the moment shown, as many lines as they need. What each is, is its tooltip.
void draw_subspace_figures(const PanelContext&, const SubspaceView&);
std::vector<std::string> subspace_families();  // all that the panel shows, for its question mark

}  // namespace tessera
