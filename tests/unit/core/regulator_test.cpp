// The regulator of alpha: decisions by hand, that it finds the better setting and changes its mind, and what it
// changes.
#include "core/learn/regulator.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tessera {
namespace {

RegulatorParameters parameters(const std::string& kind) {
  RegulatorParameters made;
  made.kind = kind;
  made.every = 1;
  made.controls = "quota";
  made.exploration = kind == "policy_gradient" ? 20 : 0.05;
  return made;
}

TEST(Regulator, BeginsWithThePresetAndBanditsTryEachSettingOnce) {
  std::set<std::vector<double>> orders;
  for (std::int64_t seed = 1; seed <= 5; ++seed) {
    for (const std::string kind : {"ucb", "thompson", "policy_gradient"}) {
      RegulatorParameters p = parameters(kind);
      p.every = 10;
      p.controls = "all";
      Regulator regulator(seed);
      int asked = 0;
      std::vector<std::vector<double>> of_controls(3);
      for (std::int64_t step = 0; step < 30; ++step) {
        regulator.before(step, p, [&] { return 2. - 0.01 * ++asked; });
        for (const auto control : {Regulator::quota, Regulator::temperature, Regulator::penalty}) {
          if (step % 10 == 5) of_controls[control].push_back(regulator.multiplier(control, p));
        }
      }
      EXPECT_EQ(asked, 3);
      for (std::vector<double>& tried : of_controls) {
        EXPECT_EQ(tried[0], 1);
        if (kind == "policy_gradient") continue;
        orders.insert(tried);
        std::sort(tried.begin(), tried.end());
        EXPECT_EQ(tried, (std::vector<double>{0.5, 1, 2})) << kind;
      }
    }
  }
  EXPECT_EQ(orders.size(), 2u);  // not the same for all controls and seeds
}

// What it was not drawn to do, and a first reward, teach a policy nothing.
TEST(Regulator, TheFirstRewardIsNoSurprise) {
  const RegulatorParameters p = parameters("policy_gradient");
  Regulator regulator(1);
  double loss = 2;
  for (int step = 0; step < 2; ++step) regulator.before(step, p, [&] { return loss *= 0.5; });
  EXPECT_EQ(regulator.reward().value(), 0.5);
  EXPECT_EQ(regulator.preferences.abs().max().item<double>(), 0);
}

// A loss that falls ever more slowly, whatever the arms do: its trend must not punish every arm that is drawn.
TEST(Regulator, ATrendTeachesAPolicyLittle) {
  RegulatorParameters p = parameters("policy_gradient");
  p.exploration = 1;
  Regulator regulator(1);
  double moved = 0;
  at::Tensor before = regulator.preferences.clone();
  for (int step = 0; step < 24; ++step) {
    regulator.before(step, p, [&] { return 0.4 + 2 * std::exp(-0.25 * step); });
    moved += (regulator.preferences[0] - 0.9 * before[0]).abs().sum().item<double>();
    before = regulator.preferences.clone();
  }
  EXPECT_LT(moved, 0.5);  // against the mean of earlier rewards: above 3
}

TEST(Regulator, LearnsNothingFromALossThatIsNotFinite) {
  for (const std::string reward : {"improvement", "stability"}) {
    RegulatorParameters p = parameters("thompson");
    p.reward = reward;
    Regulator regulator(1);
    const double losses[] = {2, 1, INFINITY, NAN, 1, 0.5};
    int next = 0;
    for (int step = 0; step < 5; ++step) regulator.before(step, p, [&] { return losses[next++]; });
    EXPECT_EQ(regulator.counts[0].sum().item<double>(), 1);
    regulator.before(5, p, [&] { return losses[next++]; });
    EXPECT_NEAR(regulator.counts[0].sum().item<double>(), 1.9, 1e-12);
    EXPECT_TRUE(std::isfinite(regulator.reward().value()));
    EXPECT_TRUE(regulator.sums.isfinite().all().item<bool>());
  }
}

TEST(Regulator, RewardsAreRelativeImprovementsOrSteadiness) {
  RegulatorParameters p = parameters("ucb");
  Regulator regulator(1);
  std::vector<double> losses = {2, 1.5, 1.5, 3, 3};
  std::size_t next = 0;
  const auto loss = [&] { return losses[next++]; };
  regulator.before(0, p, loss);
  EXPECT_FALSE(regulator.reward().has_value());
  for (const double expected : {.25, 0., -1.}) {
    regulator.before(static_cast<std::int64_t>(next), p, loss);
    EXPECT_NEAR(regulator.reward().value(), expected, 1e-15);
  }
  p.reward = "stability";
  regulator.before(4, p, loss);  // of 1.5, 1.5, 3, 3: mean 2.25, deviation 0.75
  EXPECT_NEAR(regulator.reward().value(), -1. / 3, 1e-15);
}

TEST(Regulator, TakesTheHighestUpperConfidenceBound) {
  const RegulatorParameters p = [] {
    RegulatorParameters made = parameters("ucb");
    made.memory = 1;
    made.exploration = 1;
    return made;
  }();
  Regulator regulator(1);
  regulator.last[2] = 9;  // decisions made
  regulator.losses[3] = 1;
  regulator.chosen[0] = 2;
  regulator.counts[0].copy_(at::tensor({4., 1., 3.}, at::kDouble));
  regulator.sums[0].copy_(at::tensor({2., -1., 1.2}, at::kDouble));
  regulator.before(0, p, [] { return 0.5; });  // a reward of 0.5 for arm 2
  const double n = std::log(9);
  const double bounds[] = {2. / 4 + std::sqrt(n / 4), -1 + std::sqrt(n), 1.7 / 4 + std::sqrt(n / 4)};
  ASSERT_GT(bounds[0], bounds[1]);
  ASSERT_GT(bounds[0], bounds[2]);
  EXPECT_EQ(regulator.chosen[0].item<double>(), 0);
  EXPECT_NEAR(regulator.sums[0][2].item<double>(), 1.7, 1e-12);
  EXPECT_EQ(regulator.counts[0][2].item<double>(), 4);
}

TEST(Regulator, MovesThePolicyAlongItsGradient) {
  RegulatorParameters p = parameters("policy_gradient");
  p.exploration = 0.3;
  Regulator regulator(1);
  regulator.last[2] = 9;
  regulator.last[0] = 0.2;  // the reward before
  regulator.last[1] = 0.1;  // baseline
  regulator.losses[3] = 1;
  regulator.chosen[0] = 1;
  regulator.preferences[0].copy_(at::tensor({0., 1., 2.}, at::kDouble));
  const at::Tensor p0 = regulator.preferences[0].softmax(0);
  const at::Tensor expected = 0.9 * regulator.preferences[0] + 0.3 * 0.4 * (at::tensor({0., 1., 0.}, at::kDouble) - p0);
  regulator.before(0, p, [] { return 0.5; });
  EXPECT_TRUE(at::allclose(regulator.preferences[0], expected, 1e-12, 1e-12));
}

// Shares of the three settings among the decisions from `from` to `to`, where arm `good` improves the loss by 5 % and
// the others by 1 %; in the second half `then` does.
std::vector<double> shares(const RegulatorParameters& p, std::int64_t seed, int good, int then, int from, int to) {
  constexpr int decisions = 400;
  Regulator regulator(seed);
  double loss = 1;
  std::vector<double> count(3);
  for (int step = 0; step < decisions; ++step) {
    regulator.before(step, p, [&] { return loss; });
    const int arm = static_cast<int>(regulator.chosen[0].item<double>());
    loss *= arm == (step < decisions / 2 ? good : then) ? 0.95 : 0.99;
    if (step >= from && step < to) count[static_cast<std::size_t>(arm)] += 1. / (to - from);
  }
  return count;
}

TEST(Regulator, FindsTheBetterSettingAndChangesItsMind) {
  for (const std::string kind : {"ucb", "thompson", "policy_gradient"}) {
    for (std::int64_t seed = 1; seed <= 5; ++seed) {
      EXPECT_GT(shares(parameters(kind), seed, 2, 0, 100, 200)[2], 0.5) << kind << seed;
      EXPECT_GT(shares(parameters(kind), seed, 2, 0, 300, 400)[0], 0.5) << kind << seed;
    }
  }
}

TEST(Regulator, ChangesWhatItsControlsAre) {
  SubspaceParameters subspaces;
  subspaces.backbone = 64;
  subspaces.alpha.temperature = 0.5;
  subspaces.metabolic = 0.01;
  RegulatorParameters p = parameters("ucb");
  p.controls = "all";
  Regulator regulator(1);
  const auto with = [&](double arm) {
    regulator.chosen.fill_(arm);
    return regulator.regulated(subspaces, 4, p);
  };
  EXPECT_EQ(with(0).quota(4), 64);
  EXPECT_EQ(with(1).quota(4), 32);
  EXPECT_EQ(with(2).quota(4), 16);
  EXPECT_EQ(with(0).alpha.temperature, 1);
  EXPECT_EQ(with(2).metabolic, 0.005);
  p.controls = "temperature";
  EXPECT_EQ(with(2).quota(4), 32);
  EXPECT_EQ(with(2).alpha.temperature, 0.25);
  EXPECT_EQ(with(2).metabolic, 0.01);
  p.kind = "none";
  EXPECT_EQ(with(2).alpha.temperature, 0.5);
  subspaces.rank = 60;  // never above the backbone
  p = parameters("ucb");
  EXPECT_EQ(with(0).quota(4), 64);
}

}  // namespace
}  // namespace tessera
