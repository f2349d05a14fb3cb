// Answers what is asked about a router on its own.
#pragma once

#include "core/lab/route_question.h"

namespace tessera {

// In double precision, by the code that training uses (core/moe/route.h). Depends on the question alone; any thread.
// Throws InputError when the numbers of logits, biases or ids don't fit, or one is not finite.
RouteAnswer answer(const RouteQuestion& question);

}  // namespace tessera
