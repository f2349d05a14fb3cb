// The list of all panels, in the order of the View menu.
#include "app/panels/panels.h"

namespace tessera {

std::vector<std::unique_ptr<Panel>> make_panels() {
  std::vector<std::unique_ptr<Panel>> panels;
  panels.push_back(make_experiments_panel());
  panels.push_back(make_controls_panel());
  panels.push_back(make_curves_panel());
  panels.push_back(make_routing_panel());
  panels.push_back(make_overlap_panel());
  panels.push_back(make_conflict_panel());
  panels.push_back(make_tiles_panel());
  panels.push_back(make_subspaces_panel());
  panels.push_back(make_sequence_panel());
  panels.push_back(make_attractor_panel());
  panels.push_back(make_playground_panel());
  panels.push_back(make_timeline_panel());
  panels.push_back(make_claims_panel());
  panels.push_back(make_compare_panel());
  panels.push_back(make_log_panel());
  return panels;
}

}  // namespace tessera
