// The model that parameters describe.
#pragma once

#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

LiveModelParameters live_parameters(const Parameters& parameters);

// Of a mosaic head. Throws InputError where only the data tell that it can't be.
TileLayout tiles_in(const HeadParameters& head, const TaskOutline& task);

Model model_of(const Parameters& parameters, const TaskOutline& task, at::Device device);

}  // namespace tessera
