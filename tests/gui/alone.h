// A panel in a window of its own, of the made-up study.
#pragma once

#include <map>
#include <string>

#include "tests/gui/harness.h"

namespace tessera::test {

// Builds the study that is there with these parameters and no schedule, does so many steps, and shows the panel alone.
void show_alone(ImGuiTestContext* ctx, Harness& h, const char* panel, const std::map<std::string, Value>& parameters,
                std::int64_t steps, ImVec2 size);

}  // namespace tessera::test
