// Judged claims for a person to read in a terminal.
#pragma once

#include <string>
#include <vector>

#include "core/lab/judge.h"

namespace tessera::commands {

// Columns claim, measured, predicted, mean with its 95 % interval, seeds, verdict; long cells go on below. The reason
// for being undecided is a line of its own.
std::string verdict_table(const std::vector<JudgedClaim>& judged);

}  // namespace tessera::commands
