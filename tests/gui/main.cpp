// GUI tests: gui_tests [FILTER...], each a part of "category/name" as Dear ImGui's test engine takes it.
#include <cstdio>

#include "tests/gui/harness.h"

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    tessera::test::Harness harness;
    add_training_tests(harness);
    add_control_tests(harness);
    add_preset_tests(harness);
    add_window_tests(harness);
    add_panel_tests(harness);
    add_curve_tests(harness);
    add_claim_tests(harness);
    add_rewind_tests(harness);
    add_timeline_tests(harness);
    add_fork_tests(harness);
    add_runs_tests(harness);
    add_export_tests(harness);
    add_playground_tests(harness);
    add_subspace_tests(harness);
    add_sequence_tests(harness);
    add_attractor_tests(harness);
    add_tile_tests(harness);
    return harness.run(argc - 1, argv + 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
