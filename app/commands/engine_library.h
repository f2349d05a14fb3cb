// The training core, loaded when a command needs it. It brings LibTorch with it, which takes half a second to load;
// commands that train nothing answer without it.
#pragma once

#include <memory>
#include <vector>

#include "core/lab/engine.h"
#include "core/lab/route_question.h"

namespace tessera::commands {

// Loads the engine's library, once. Throws std::runtime_error when it can't. Also what has to happen before there is a
// graphics context.
void load_engine_library();

// A new engine; loads the library if that was not done yet. Any thread.
std::unique_ptr<Engine> new_engine();

// What a router on its own makes of given logits; loads the library if that was not done yet. Any thread. Throws
// InputError.
RouteAnswer answer_about(const RouteQuestion& question);

// The declarations of all metrics, as an experiment with two MoE layers and a mosaic head has them.
std::vector<MetricSpec> declared_metrics();

}  // namespace tessera::commands
