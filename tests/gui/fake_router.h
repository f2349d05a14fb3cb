// What a router makes of one token, for GUI tests: a small answer of their own instead of the training core's.
#pragma once

#include "core/lab/route_question.h"

namespace tessera::test {

// softmax or sigmoid, temperature, bias on the scores while choosing, top_k or dense, normalise sum or none, scale;
// slopes by central differences. Nothing else of the parameters counts.
RouteAnswer fake_route(const RouteQuestion&);

}  // namespace tessera::test
