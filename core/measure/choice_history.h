// Which experts a routed layer chose for the same tokens at moments of a run: what router saturation is made of.
#pragma once

#include <ATen/core/Tensor.h>

namespace tessera {

class ChoiceHistory {
 public:
  static constexpr std::int64_t most_moments = 32;
  static constexpr int shares = 11;  // moments of pairs(): after 0 %, 10 %, ..., 100 % of the steps

  ChoiceHistory(std::int64_t tokens, std::int64_t experts);

  // alpha: [tokens, experts], of the same tokens each time; on any device. Returns the saturation of what was chosen
  // the time before, against this; NaN the first time.
  double add(std::int64_t step, const at::Tensor& alpha);

  // [shares, shares] double: the saturation of a row's moment against a column's, each the moment that was kept
  // nearest to that share of the last step; the last column is OLMoE's. NaN as long as there is none.
  at::Tensor pairs() const;

  // All of its state, for checkpoints. Every stride-th moment is kept; with most_moments of them, every other goes and
  // the stride doubles. So they are evenly spread over a run of any length.
  at::Tensor moments;  // uint8 [most_moments, tokens, experts]: 1 where chosen
  at::Tensor last;     // uint8 [tokens, experts]: the time before
  at::Tensor steps;    // int64 [most_moments]: of each moment
  at::Tensor counts;   // int64 [4]: moments kept, times added, stride, step of `last`
};

}  // namespace tessera
