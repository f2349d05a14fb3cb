// The regulator of alpha: a bandit, or a policy, for each of three controls of subspaces.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "core/learn/regulator_parameters.h"
#include "core/moe/subspace_parameters.h"

namespace tessera {

class Regulator {
 public:
  static constexpr std::int64_t controls = 3, arms = 3, window = 4;
  enum Control { quota, temperature, penalty };
  // Arms: 0 more sharing, 1 as the preset has it, 2 less. The first decision is for the preset's; bandits then try the
  // others once, in an order drawn for each control.

  explicit Regulator(std::int64_t seed);

  // Before step number `step` is computed: if a decision is due, counts the reward of the last one and decides.
  // validation_loss is asked only then.
  void before(std::int64_t step, const RegulatorParameters& parameters, const std::function<double()>& validation_loss);
  // What a control's parameter is multiplied by, before it meets its bounds.
  double multiplier(Control control, const RegulatorParameters& parameters) const;
  // experts: of the layer, which the rank quota may follow from.
  SubspaceParameters regulated(SubspaceParameters subspaces, std::int64_t experts,
                               const RegulatorParameters& parameters) const;
  std::optional<double> reward() const;  // of the last decision but one

  // All that lasts between steps; doubles on the CPU.
  at::Tensor counts, sums, preferences;  // [controls, arms]: discounted rewards, and how many; of a policy
  at::Tensor chosen;                     // [controls]: arms
  at::Tensor losses;  // [window]: validation losses, newest last; NaN: none yet. Of those that aren't
                      // finite nothing is learned
  // [3]: newest reward (NaN: none), baseline, decisions made. The baseline is the reward before: that of a loss which
  // falls ever more slowly is below any mean of earlier ones, whatever the arms do.
  at::Tensor last;

 private:
  void learn(double reward, const RegulatorParameters& parameters);
  std::int64_t decide(Control control, const RegulatorParameters& parameters) const;

  std::int64_t seed_;
};

}  // namespace tessera
