// From a router's logits to what it routes: the whole pipeline of RouterParameters after the logits.
#pragma once

#include "core/moe/router_parameters.h"
#include "core/moe/token_context.h"
#include "kernels/gate/op.h"

namespace tessera {

// The gate's output, of which alpha are the weights in the end; what losses are made of (load, importance, share, sums,
// first) is of the choice before any capacity.
struct RouteOutput : kernels::GateOutput {
  at::Tensor dropped;  // bool [T, E]: assignments that a capacity took away; undefined where none is in force
  // Soft dispatch: [T, S] with S = E x slots, the slots of an expert beside each other. Undefined otherwise.
  at::Tensor dispatch;  // columns sum to 1: softmax over tokens
  at::Tensor combine;   // rows sum to scale: softmax over slots
};

// logits: [T, E], with soft selection [T, E x slots]; bias: [E], counts in the selection only, or undefined.
// Differentiable with respect to the logits.
RouteOutput route(const at::Tensor& logits, const RouterParameters& router, const at::Tensor& bias,
                  const TokenContext& context);

// [T, E]: what the router thinks of every expert, as numbers, none below zero, that can be compared: the scores, and
// for score none, whose scores are the logits divided by the temperature, their softmax. A hash's one-hot logits stay.
at::Tensor comparable_scores(const at::Tensor& scores, const RouterParameters& router);

// The most entries other than zero in a row of alpha, for kernels::dispatch; 0: any number.
std::int64_t most_assignments(const RouterParameters& router);

}  // namespace tessera
