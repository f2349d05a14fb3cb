#include "core/learn/regulator.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/data/random.h"

namespace tessera {
namespace {

enum Last { reward_at, baseline_at, decisions_at };

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Rewards = std::array<double, Regulator::arms>;

Rewards row(const at::Tensor& of_controls, std::int64_t control) {
  const double* const values = of_controls.const_data_ptr<double>() + control * Regulator::arms;
  return {values[0], values[1], values[2]};
}

std::int64_t best(const Rewards& values) { return std::max_element(values.begin(), values.end()) - values.begin(); }

Rewards probabilities(const Rewards& preferences) {
  const double top = *std::max_element(preferences.begin(), preferences.end());
  Rewards p{};
  double whole = 0;
  for (std::size_t a = 0; a < p.size(); ++a) whole += p[a] = std::exp(preferences[a] - top);
  for (double& of_arm : p) of_arm /= whole;
  return p;
}

double normal(Random& random) {  // Box & Muller 1958
  const double radius = std::sqrt(-2 * std::log1p(-random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

}  // namespace

Regulator::Regulator(std::int64_t seed)
    : counts(at::zeros({controls, arms}, at::kDouble)),
      sums(at::zeros_like(counts)),
      preferences(at::zeros_like(counts)),
      chosen(at::ones({controls}, at::kDouble)),
      losses(at::full({window}, nan, at::kDouble)),
      last(at::zeros({3}, at::kDouble)),
      seed_(seed) {
  last[reward_at] = nan;
}

void Regulator::before(std::int64_t step, const RegulatorParameters& parameters,
                       const std::function<double()>& validation_loss) {
  if (parameters.kind == "none" || step % parameters.every != 0) return;
  double* const seen = losses.mutable_data_ptr<double>();
  const double before = seen[window - 1], now = validation_loss();
  std::rotate(seen, seen + 1, seen + window);
  seen[window - 1] = now;
  if (std::isfinite(before) && std::isfinite(now)) {
    double reward = before > 0 ? std::clamp((before - now) / before, -1., 1.) : 0;
    if (parameters.reward == "stability") {
      const at::Tensor known = losses.masked_select(losses.isfinite());
      const double mean = known.mean().item<double>();
      reward = mean > 0 ? -std::min(known.std(/*unbiased=*/false).item<double>() / mean, 1.) : 0;
    }
    learn(reward, parameters);
  }
  for (const Control control : {quota, temperature, penalty}) {
    chosen[control] = static_cast<double>(decide(control, parameters));
  }
  last[decisions_at] += 1;
}

void Regulator::learn(double reward, const RegulatorParameters& parameters) {
  double* const values = last.mutable_data_ptr<double>();
  counts *= parameters.memory;
  sums *= parameters.memory;
  if (std::isnan(values[reward_at])) values[baseline_at] = reward;  // the first is no surprise
  const double surprise = reward - values[baseline_at];
  for (std::int64_t control = 0; control < controls; ++control) {
    const auto arm = static_cast<std::int64_t>(chosen[control].item<double>());
    counts[control][arm] += 1;
    sums[control][arm] += reward;
    const Rewards p = probabilities(row(preferences, control));
    for (std::int64_t a = 0; a < arms; ++a) {  // the gradient of ln p(arm), times the surprise
      preferences[control][a] *= parameters.memory;
      preferences[control][a] += parameters.exploration * surprise * ((a == arm) - p[static_cast<std::size_t>(a)]);
    }
  }
  values[baseline_at] = values[reward_at] = reward;
}

std::int64_t Regulator::decide(Control control, const RegulatorParameters& parameters) const {
  const auto decisions = static_cast<std::int64_t>(last[decisions_at].item<double>());
  if (decisions == 0) return 1;
  const std::string name = "regulator " + std::to_string(control);
  Random random(seed_, name + " " + std::to_string(decisions));
  if (parameters.kind == "policy_gradient") {
    const Rewards p = probabilities(row(preferences, control));
    const double drawn = random.uniform();
    return drawn < p[0] ? 0 : drawn < p[0] + p[1] ? 1 : 2;
  }
  if (decisions < arms) {  // each once
    const bool more_first = Random(seed_, name).uniform() < 0.5;
    return (decisions == 1) == more_first ? 0 : 2;
  }
  const Rewards n = row(counts, control), sum = row(sums, control);
  const double all = n[0] + n[1] + n[2];
  Rewards worth{};
  for (std::size_t a = 0; a < worth.size(); ++a) {
    const double count = std::max(n[a], 1e-6), mean = sum[a] / count;
    const double spread =
        parameters.kind == "ucb" ? std::sqrt(std::log(std::max(all, 1.)) / count) : normal(random) / std::sqrt(count);
    worth[a] = mean + parameters.exploration * spread;
  }
  return best(worth);
}

double Regulator::multiplier(Control control, const RegulatorParameters& parameters) const {
  static const std::array<std::string, controls> names = {"quota", "temperature", "penalty"};
  const bool moved =
      parameters.kind != "none" && (parameters.controls == "all" || parameters.controls == names[control]);
  if (!moved) return 1;
  return std::pow(parameters.factor, 1 - chosen[control].item<double>());
}

SubspaceParameters Regulator::regulated(SubspaceParameters subspaces, std::int64_t experts,
                                        const RegulatorParameters& parameters) const {
  const double quotas = multiplier(quota, parameters);
  if (quotas != 1) {
    const double rank = quotas * static_cast<double>(subspaces.quota(experts));
    subspaces.rank = std::clamp<std::int64_t>(std::llround(rank), 1, subspaces.backbone);
  }
  subspaces.alpha.temperature *= multiplier(temperature, parameters);
  subspaces.metabolic *= multiplier(penalty, parameters);
  return subspaces;
}

std::optional<double> Regulator::reward() const {
  const double newest = last[reward_at].item<double>();
  return std::isnan(newest) ? std::nullopt : std::optional(newest);
}

}  // namespace tessera
