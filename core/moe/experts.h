// The experts that a router chooses from, where each is a function of a token's features alone. A new kind is a file
// and a line in experts.cpp.
#pragma once

#include <memory>

#include "core/moe/expert_parameters.h"
#include "core/moe/weights.h"
#include "kernels/dispatch/op.h"

namespace tessera {

class Experts {
 public:
  virtual ~Experts() = default;
  virtual std::int64_t count() const = 0;
  // x: [tokens, width]. Alike: the sum of each token's experts, by the assignments' weights; offsets [count + 1].
  // Differentiable, once, with respect to x, those weights and the experts' own.
  virtual at::Tensor apply(const at::Tensor& x, const kernels::Assignments& assignments) const = 0;
};

// Of any kind but "subspace", which looks at more than features (core/moe/subspace_bank.h).
std::shared_ptr<const Experts> make_experts(int layer, std::int64_t width, const ExpertParameters& parameters,
                                            Initialiser& initialiser);

}  // namespace tessera
