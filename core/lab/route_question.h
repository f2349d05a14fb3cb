// A router on its own: what that of a layer makes of given logits. `lab route` and the router playground ask it; the
// training core answers (core/engine/answer.h).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/lab/parameter.h"

namespace tessera {

struct RouteQuestion {
  Parameters parameters;  // of an experiment; those of the layer's router, experts and losses count
  int layer = 0;
  std::int64_t tokens = 0;
  std::vector<double> logits{};     // [tokens, experts], with soft dispatch [tokens, experts x slots]
  std::vector<double> bias{};       // [experts]: added for the selection alone; empty: none
  std::vector<std::int64_t> ids{};  // [tokens], for hash routers, which ignore the logits
  bool train = false;               // random second experts and the training capacity are in force
  std::int64_t seed = 0;            // of what is random then
  bool jacobian = false;            // ask for it
  friend bool operator==(const RouteQuestion&, const RouteQuestion&) = default;
};

// All row-major. T tokens, E experts (those that compute nothing included).
struct RouteAnswer {
  int experts = 0;
  std::vector<double> probs;  // [T, E] scores before the selection; score none: softmax of logits / temperature
  std::vector<double> alpha;  // [T, E] weights in the end
  std::vector<std::vector<int>> chosen;   // of each token, experts with weight: largest weight first, ties to the lower
  std::vector<double> load;               // [E] tokens that chose each
  std::vector<double> entropy;            // [T] of alpha divided by its sum, in nats; 0 for a token without weight
  double aux_loss = 0;                    // load balance without its coefficient, in the form that the losses'
                                          // parameters name; 0 where the coefficient is 0
  double z_loss = 0;                      // mean squared logsumexp of the logits
  std::vector<std::int64_t> dropped;      // tokens that lost an assignment to a capacity, once for each lost
  std::int64_t slots = 0;                 // of soft dispatch, else 0; S = E x slots
  std::vector<double> dispatch, combine;  // [T, S]
  // With `jacobian`, of each token: d probs_i / d logit_j and d alpha_i / d logit_j, [T, E, E]. The choice is a
  // constant. For soft dispatch empty, since tokens depend on each other.
  std::vector<double> probs_jacobian, alpha_jacobian;
};

// The training core's answer. Any thread; throws InputError.
using RouteFunction = std::function<RouteAnswer(const RouteQuestion&)>;

// Of the magnitudes divided by their sum; 0 when all are 0.
double entropy_nats(std::span<const double> values);

}  // namespace tessera
