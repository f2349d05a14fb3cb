// One line a panel: what panels.cpp puts into its list.
#pragma once

#include <memory>

#include "app/panels/panel.h"

namespace tessera {

std::unique_ptr<Panel> make_experiments_panel();
std::unique_ptr<Panel> make_controls_panel();
std::unique_ptr<Panel> make_curves_panel();
std::unique_ptr<Panel> make_routing_panel();
std::unique_ptr<Panel> make_overlap_panel();
std::unique_ptr<Panel> make_conflict_panel();
std::unique_ptr<Panel> make_tiles_panel();
std::unique_ptr<Panel> make_subspaces_panel();
std::unique_ptr<Panel> make_sequence_panel();
std::unique_ptr<Panel> make_attractor_panel();
std::unique_ptr<Panel> make_playground_panel();
std::unique_ptr<Panel> make_timeline_panel();
std::unique_ptr<Panel> make_claims_panel();
std::unique_ptr<Panel> make_compare_panel();
std::unique_ptr<Panel> make_log_panel();

}  // namespace tessera
