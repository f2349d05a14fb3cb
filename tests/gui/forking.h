// Forks as a person makes them, for tests of several runs.
#pragma once

#include "tests/gui/harness.h"

namespace tessera::test {

inline constexpr const char* temperature = "model.router.temperature";

// Asks for a fork with another temperature, 0.25, and waits until it is there. from: the label of where it begins.
// Whether it was made; if not, the test has failed, and must end.
[[nodiscard]] bool fork(ImGuiTestContext* t, Harness& h, const char* from);

inline double in_force(const LiveRun& run) { return run.snapshot->parameters->real(temperature); }

// All runs at once, until all are finished.
void play_to_the_end(ImGuiTestContext* t, Harness& h);

}  // namespace tessera::test
