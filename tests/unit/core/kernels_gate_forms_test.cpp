// All that a gate can be asked for, and what it counts: the definition in plain ATen calls, the selection by brute
// force, finite differences, and values from SCIENCE.md, section 1.
#include "tests/unit/core/kernels_gate_forms.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/cpu/instruction_sets.h"
#include "kernels/gate/detail.h"
#include "kernels/gate/op.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

Tensor golden_logits() {
  return torch::tensor({{2., 1., 0., -1.}, {0., 2., 1., -1.}, {1., 0., 3., 0.}, {.5, .5, -.5, 1.5}}, at::kDouble);
}

Tensor values(std::vector<double> v) { return torch::tensor(v, at::kDouble); }

TEST(GateForms, StatisticsOfTheGoldenVector) {
  const auto check = [](const std::string& version, const GateOutput& out) {
    EXPECT_TRUE(near(out.load, values({3, 2, 2, 1}), 0)) << version;
    EXPECT_TRUE(near(out.first, values({1, 1, 1, 1}), 0)) << version;
    EXPECT_TRUE(near(out.importance.sum(), values({4}).sum(), 1e-12)) << version;
    EXPECT_TRUE(near(out.share, golden_logits().softmax(1).sum(0), 1e-12)) << version;
    EXPECT_NEAR((out.load * out.share).sum().item<double>() * 4 / 8 / 4, 1.0497977, 1e-7) << version;  // Switch's loss
    EXPECT_NEAR(out.sums[3].item<double>() / 4, 6.6854147, 1e-7) << version;
    EXPECT_EQ(out.sums[1].item<double>(), 4) << version;
    EXPECT_EQ(out.sums[2].item<double>(), 4) << version;
    // Of two logits d apart, 1 : e^d.
    const auto entropy = [](double d) {
      const double p = 1 / (1 + std::exp(-d));
      return -p * std::log(p) - (1 - p) * std::log(1 - p);
    };
    EXPECT_NEAR(out.sums[0].item<double>(), 3 * entropy(1) + entropy(2), 1e-12) << version;
  };
  const Tensor logits = golden_logits();
  const GateSpec spec{.k = 2};
  for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
    check(set->name, cpu::gate(*set, logits, checked_gate(logits, spec, {}), {}));
    const GateOutput dense = cpu::gate(*set, logits, checked_gate(logits, {}, {}), {});
    EXPECT_NEAR(dense.sums[0].item<double>() / 4, .9328896, 1e-7) << set->name;
    const Tensor mean = dense.importance / 4;
    EXPECT_NEAR(-(mean * mean.log()).sum().item<double>(), 1.3607556, 1e-7) << set->name;
  }
  check("reference", reference::gate(logits, spec));
}

TEST(GateForms, EveryVersionAgreesWithTheReference) {
  at::manual_seed(1);
  for (const GateForm& form : gate_forms()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      for (const std::int64_t tokens : {19, 0}) {
        const Tensor logits = random_logits(tokens, 12, type), bias = bias_for(form, logits);
        const Tensor exact_bias = form.biased ? bias.to(at::kDouble) : bias;
        const auto expected = tensors(reference::gate(logits.to(at::kDouble), form.spec, exact_bias));
        const GateSpec spec = checked_gate(logits, form.spec, bias);
        const auto check = [&](const std::string& version, const GateOutput& out) {
          const auto got = tensors(out);
          for (std::size_t i = 0; i < got.size(); ++i) {
            EXPECT_EQ(got[i].scalar_type(), type);
            EXPECT_TRUE(near(got[i], expected[i], 10 * tolerance_of(type)))
                << version << ": " << form.name() << " " << i;
          }
        };
        for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
          check(set->name, cpu::gate(*set, logits, spec, bias));
        }
        check("operator", gate(logits, form.spec, bias));
        check("reference", reference::gate(logits, form.spec, bias));
      }
    }
  }
}

TEST(GateForms, BackwardOfEveryVersionAgreesWithTheReferencesAutograd) {
  at::manual_seed(2);
  for (const GateForm& form : gate_forms()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      // Divided by a sum of logits that may be near zero, gradients are as large as they are ill-conditioned.
      const Tensor logits = random_logits(19, 12, type) + (form.spec.score == Score::none ? 7 : 0),
                   bias = bias_for(form, logits);
      const GateGradients d = random_gradients(logits);
      Tensor exact = logits.to(at::kDouble).requires_grad_();
      const GateOutput defined = reference::gate(exact, form.spec, form.biased ? bias.to(at::kDouble) : bias);
      const Tensor expected = torch::autograd::grad({weighted(defined, d)}, {exact})[0];
      for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
        const GateSpec spec = checked_gate(logits, form.spec, bias);
        const GateOutput out = cpu::gate(*set, logits, spec, bias);
        const Tensor got = cpu::gate_backward(*set, d, logits, out, spec);
        EXPECT_TRUE(near(got, expected, 30 * tolerance_of(type))) << set->name << ": " << form.name();
      }
    }
  }
}

TEST(GateForms, GradientsOfEachOutputByFiniteDifferences) {
  at::manual_seed(3);
  for (const GateForm& form : gate_forms()) {
    Tensor logits = random_logits(3, 8, at::kDouble).requires_grad_();
    const Tensor bias = bias_for(form, logits.detach());
    const GateGradients d = random_gradients(logits.detach());
    SCOPED_TRACE(form.name());
    expect_gradients([&] { return weighted(gate(logits, form.spec, bias), d); }, {logits}, 1e-5);
    expect_gradients([&] { return (gate(logits, form.spec, bias).importance * d.importance).sum(); }, {logits}, 1e-5);
    expect_gradients([&] { return (gate(logits, form.spec, bias).share * d.share).sum(); }, {logits}, 1e-5);
    expect_gradients([&] { return gate(logits, form.spec, bias).sums[0]; }, {logits}, 1e-5);
    expect_gradients([&] { return gate(logits, form.spec, bias).sums[3]; }, {logits}, 1e-5);
  }
}

// Which experts the definition in op.h chooses, one row at a time.
std::vector<bool> chosen_by_force(std::vector<double> key, const GateSpec& spec) {
  const auto best = [](const std::vector<double>& of, std::int64_t n) {
    std::vector<int> order(of.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return of[static_cast<std::size_t>(a)] > of[static_cast<std::size_t>(b)]; });
    std::vector<bool> in(of.size());
    for (std::int64_t i = 0; i < n; ++i) in[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
    return in;
  };
  const std::size_t size = key.size() / static_cast<std::size_t>(spec.groups);
  std::vector<double> ranks;
  for (std::size_t at = 0; at < key.size(); at += size) {
    std::vector<double> group(key.begin() + static_cast<std::ptrdiff_t>(at),
                              key.begin() + static_cast<std::ptrdiff_t>(at + size));
    std::sort(group.begin(), group.end(), std::greater<>());
    const std::size_t n = spec.group_rank == GroupRank::max ? 1 : spec.group_rank == GroupRank::sum ? size : 2;
    ranks.push_back(std::accumulate(group.begin(), group.begin() + static_cast<std::ptrdiff_t>(std::min(n, size)), 0.));
  }
  const std::vector<bool> kept = best(ranks, spec.groups_kept);
  for (std::size_t e = 0; e < key.size(); ++e) {
    if (!kept[e / size]) key[e] = spec.group_mask == GroupMask::zero ? 0. : -INFINITY;
  }
  std::vector<bool> chosen = best(key, spec.k);
  for (std::size_t e = 0; e < key.size(); ++e) chosen[e] = chosen[e] && key[e] > spec.threshold;
  return chosen;
}

TEST(GateForms, GroupsAreChosenAsByBruteForce) {
  at::manual_seed(4);
  constexpr std::int64_t tokens = 37, experts = 24;
  for (const GroupRank rank : {GroupRank::max, GroupRank::top2_sum, GroupRank::sum}) {
    for (const GroupMask mask : {GroupMask::minus_infinity, GroupMask::zero}) {
      for (const auto& [groups, kept] : {std::pair<std::int64_t, std::int64_t>{8, 3}, {6, 1}, {24, 5}, {2, 2}}) {
        for (const bool biased : {false, true}) {
          // Whole multiples of 1/4 have many ties; their sums are exact.
          const Tensor logits = (at::randn({tokens, experts}) * 4).round() / 4;
          const Tensor bias = biased ? (at::randn({experts}) * 4).round() / 4 : Tensor();
          const GateSpec spec{.score = Score::none,
                              .k = 5,
                              .threshold = -1,
                              .groups = groups,
                              .groups_kept = kept,
                              .group_rank = rank,
                              .group_mask = mask,
                              .normalise = Normalise::softmax};
          const Tensor key = (biased ? logits + bias : logits).to(at::kDouble);
          for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
            const Tensor alpha = cpu::gate(*set, logits, checked_gate(logits, spec, bias), bias).alpha;
            for (std::int64_t t = 0; t < tokens; ++t) {
              const double* const row = key.const_data_ptr<double>() + t * experts;
              const auto expected = chosen_by_force({row, row + experts}, spec);
              for (std::int64_t e = 0; e < experts; ++e) {
                ASSERT_EQ(alpha[t][e].item<float>() != 0, expected[static_cast<std::size_t>(e)])
                    << set->name << " row " << t << " expert " << e << " groups " << groups << " rank "
                    << name_of(rank);
              }
            }
          }
        }
      }
    }
  }
}

TEST(GateForms, ABiasSelectsAndNeverWeighs) {
  const Tensor logits = golden_logits(), bias = values({-9, 0, 0, 9});
  for (const BiasTo to : {BiasTo::scores, BiasTo::logits}) {
    for (const Score score : {Score::softmax, Score::sigmoid}) {
      GateSpec spec{.score = score, .k = 2, .bias_to = to, .normalise = Normalise::none};
      const GateOutput out = gate(logits, spec, bias), plain = gate(logits, {.score = score});
      EXPECT_TRUE(near(out.scores, plain.scores, 0));
      EXPECT_TRUE(near(out.alpha, at::where(out.alpha != 0, plain.scores, at::zeros({}, at::kDouble)), 0));
      EXPECT_TRUE(near(out.load, values({0, 3, 1, 4}), 0));
      spec.normalise = Normalise::sum;
      const Tensor picked = out.alpha;
      EXPECT_TRUE(near(gate(logits, spec, bias).alpha, picked / picked.sum(1, true), 1e-12));
    }
  }
}

TEST(GateForms, ScoresThatUnderflowStillShareWhenABiasChoosesThem) {
  const Tensor logits = torch::tensor({{0.f, -200.f, -201.f, -400.f}}), bias = torch::tensor({-9.f, 9.f, 9.f, 0.f});
  for (const Score score : {Score::softmax, Score::sigmoid}) {
    const Tensor alpha = gate(logits, {.score = score, .k = 2}, bias).alpha;
    EXPECT_TRUE(near(alpha, torch::tensor({{0., .7310586, .2689414, 0.}}), 1e-6)) << name_of(score) << alpha;
  }
}

TEST(GateForms, OutsideTheKeptGroupsNobodyIsChosenUnlessTheyAreMaskedWithZero) {
  const Tensor logits = torch::tensor({{3., 2., 1., 0.}}, at::kDouble);
  GateSpec spec{.k = 3, .groups = 2, .groups_kept = 1, .normalise = Normalise::none};
  EXPECT_TRUE(near(gate(logits, spec).load, values({1, 1, 0, 0}), 0));
  spec.group_mask = GroupMask::zero;
  EXPECT_TRUE(near(gate(logits, spec).load, values({1, 1, 1, 0}), 0));
  EXPECT_TRUE(near(gate(logits, {.k = 3, .normalise = Normalise::none}, values({0, -INFINITY, 0, -INFINITY})).load,
                   values({1, 0, 1, 0}), 0));  // a bias of -infinity shuts an expert out
}

TEST(GateForms, AThresholdComparesTheKey) {
  const Tensor logits = torch::tensor({{2., 1., 0., -1.}, {-3., -2., -2., -3.}}, at::kDouble);
  const GateOutput by_logits = gate(logits, {.k = 3, .threshold = 0});
  EXPECT_TRUE(near(by_logits.load, values({1, 1, 0, 0}), 0));
  EXPECT_TRUE(near(by_logits.sums[1], at::ones({}, at::kDouble), 0));
  const GateOutput by_scores =
      gate(logits, {.threshold = .3, .normalise = Normalise::none}, at::zeros({4}, at::kDouble));
  EXPECT_TRUE(near(by_scores.load, values({1, 1, 1, 0}), 0));
}

TEST(GateForms, RowsWithoutWeightHaveNeitherAlphaNorGradient) {
  const Tensor base = torch::tensor({{-1., -2., -3.}, {1., 2., -1.}}, at::kDouble);
  for (const Normalise normalise : {Normalise::none, Normalise::sum, Normalise::l1}) {
    for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
      const GateSpec spec = checked_gate(base, {.score = Score::relu, .k = 2, .normalise = normalise}, {});
      const GateOutput out = cpu::gate(*set, base, spec, {});
      EXPECT_TRUE(near(out.alpha[0], at::zeros({3}, at::kDouble), 0));
      EXPECT_TRUE(near(out.sums.narrow(0, 1, 2), values({1, 1}), 0));
      const GateGradients d{at::ones_like(base), at::ones_like(base), values({1, 2, 3}), values({3, 2, 1}),
                            values({1, 0, 0, 0})};
      EXPECT_TRUE(near(cpu::gate_backward(*set, d, base, out, spec)[0], at::zeros({3}, at::kDouble), 0));
    }
  }
  const Tensor opposed = torch::tensor({{1., -1., -4.}}, at::kDouble);  // a sum of 0 of what isn't
  EXPECT_TRUE(near(gate(opposed, {.score = Score::none, .k = 2}).alpha, at::zeros({1, 3}, at::kDouble), 0));
  EXPECT_TRUE(near(gate(opposed, {.score = Score::none, .k = 2, .normalise = Normalise::l1}).alpha,
                   torch::tensor({{.5, -.5, 0.}}, at::kDouble), 0));
}

// Whatever the scale does to rounding: an expert that has all the weight can neither gain nor lose.
TEST(GateForms, ALoneExpertHasNoGradient) {
  for (const Normalise normalise : {Normalise::sum, Normalise::softmax}) {
    for (const double scale : {1.0, 2.7, 0.3, 16.1}) {
      const at::Tensor logits = at::randn({40, 8}, at::detail::createCPUGenerator(5), at::kFloat).requires_grad_();
      const at::Tensor d = at::randn({40, 8}, at::detail::createCPUGenerator(6), at::kFloat);
      const GateOutput out = gate(logits, {.k = 1, .normalise = normalise, .scale = scale});
      const at::Tensor gradient = torch::autograd::grad({out.alpha}, {logits}, {d})[0];
      EXPECT_EQ(gradient.abs().max().item<float>(), 0) << scale;
    }
  }
}

TEST(GateForms, TiesOfTheLargestWeightGoToTheLowerIndex) {
  const Tensor logits = torch::tensor({{1., 1., 0.}, {0., 2., 2.}, {0., 0., 0.}}, at::kDouble);
  for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
    EXPECT_TRUE(near(cpu::gate(*set, logits, checked_gate(logits, {}, {}), {}).first, values({2, 1, 0}), 0));
  }
  EXPECT_TRUE(near(reference::gate(logits, {}).first, values({2, 1, 0}), 0));
}

TEST(GateForms, SumsDependNeitherOnThreadsNorOnTheRun) {
  at::manual_seed(5);
  const Tensor logits = at::randn({20000, 8});
  std::vector<Tensor> before;
  for (const int threads : {1, 2, 3, 2}) {
    const Threads scope(threads);
    const auto now = tensors(gate(logits, {.score = Score::sigmoid, .k = 2}));
    if (before.empty()) before = now;
    for (std::size_t i = 0; i < now.size(); ++i) EXPECT_TRUE(at::equal(now[i], before[i])) << threads << " " << i;
  }
  const auto exact = tensors(reference::gate(logits.to(at::kDouble), {.score = Score::sigmoid, .k = 2}));
  for (std::size_t i = 0; i < exact.size(); ++i) EXPECT_TRUE(near(before[i], exact[i], 1e-6)) << i;
}

TEST(GateForms, BadArgumentsThrow) {
  const Tensor logits = at::randn({3, 4});
  for (const GateSpec& spec : std::vector<GateSpec>{{.threshold = NAN},
                                                    {.groups = 3},
                                                    {.groups = 0},
                                                    {.groups = 2, .groups_kept = 3},
                                                    {.groups = 2, .groups_kept = 0},
                                                    {.scale = 0},
                                                    {.scale = INFINITY}}) {
    EXPECT_THROW(gate(logits, spec), c10::Error);
  }
  EXPECT_THROW(gate(logits, {}, at::zeros({3})), c10::Error);
  EXPECT_THROW(gate(logits, {}, at::zeros({4}, at::kDouble)), c10::Error);
  EXPECT_THROW(named<Normalise>("product"), c10::Error);
  const GateOutput out = gate(logits, {});
  EXPECT_THROW(gate_backward({at::ones({3, 5}), {}, {}, {}, {}}, logits, out, {}), c10::Error);
  EXPECT_THROW(gate_backward({{}, {}, {}, {}, at::ones({3})}, logits, out, {}), c10::Error);
}

}  // namespace
}  // namespace tessera::kernels
