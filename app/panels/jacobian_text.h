// What a router's Jacobian says in words: derived from its numbers, not from the router's name. No drawing in here.
#pragma once

#include <span>
#include <string>

namespace tessera {

enum class Coupling {
  none,      // nothing moves: all is constant around these logits
  own,       // each output depends on its own logit only
  zero_sum,  // what one expert gains others lose: columns sum to 0
  coupled    // outputs depend on other logits, and the sum changes too
};
// jacobian: [experts, experts], row-major, d output_i / d logit_j. What is less than a millionth of the largest entry
// counts as zero.
Coupling coupling(std::span<const double> jacobian, int experts);

// The logit (column) that moves the outputs most; the first of equals. -1: none does.
int strongest_logit(std::span<const double> jacobian, int experts);

// One sentence about outputs called `noun` ("scores"): who gains and who pays when `logit` rises. logit < 0: the one
// that moves most.
std::string jacobian_sentence(std::span<const double> jacobian, int experts, int logit, const std::string& noun);

}  // namespace tessera
