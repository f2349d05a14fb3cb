// The router of an experiment taken out of it, to be asked about single tokens (core/lab/route_question.h). No drawing
// in here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/lab/parameter.h"

namespace tessera {

// The parameters with those of `layer` for all layers. A layer that there isn't has the common ones.
Parameters router_alone(Parameters, int layer);

struct FittedRouter {
  Parameters parameters;
  std::vector<std::string> notes;  // what had to be changed: "k 8 → 4"
};

// A router from router_alone() for one token and so many experts. k and groups become what there is room for; limits
// that depend on other tokens are taken off, and what only happens in training.
FittedRouter fit_router(Parameters, int experts);

// Whether a parameter of the table makes a difference to a single token outside of training.
bool shapes_one_token(const ParameterSpec&);

// "softmax, top_k 2": the router in a few words.
std::string router_in_words(const Parameters&);

}  // namespace tessera
