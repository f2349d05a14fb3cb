// What was changed during a run and what still will be, as marks on a step axis.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/lab/preset.h"

namespace tessera {

struct Mark {
  std::int64_t step = 0;
  bool scheduled = false;  // still to come
  std::string text;        // "step 340: temperature 1 → 0.5", with " over 100 steps" for a ramp
};

// In the order of the timeline. `from` are the values at step 0 (the preset's); `done`: steps computed so far. A
// change of one layer names it: "temperature of layer 2". The pace has none: no figure depends on it.
std::vector<Mark> timeline_marks(const std::vector<Intervention>& timeline, const Parameters& from, std::int64_t done);

}  // namespace tessera
