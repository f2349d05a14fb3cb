// The gate: values from SCIENCE.md, sections 1 and 2, the definition in plain ATen calls, and finite differences.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "kernels/cpu/instruction_sets.h"
#include "kernels/dispatch/op.h"
#include "kernels/gate/detail.h"
#include "kernels/gate/op.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

constexpr Score scores_of_all[] = {Score::softmax, Score::sigmoid, Score::sparsemax, Score::entmax15};

GateSpec spec_of(double temperature, Score score, std::int64_t k, bool normalise) {
  return {
      .temperature = temperature, .score = score, .k = k, .normalise = normalise ? Normalise::sum : Normalise::none};
}

struct Case {
  std::int64_t tokens, experts, k;
};
// One token, one expert, all experts, k past the end, rows that don't fill a vector, many experts, no token.
constexpr Case cases[] = {{1, 1, 1},  {1, 8, 2},  {5, 1, 0},    {128, 8, 2}, {17, 8, 8},
                          {33, 7, 3}, {19, 5, 9}, {70, 100, 6}, {0, 4, 2},   {16, 64, 0}};

Tensor row(std::vector<double> values) { return torch::tensor(values, at::kDouble).unsqueeze(0); }

Tensor dense(const Tensor& logits, Score score, double temperature = 1) {
  return gate(logits, spec_of(temperature, score, 0, false)).scores;
}

// Runs `check` on the operator and on each instruction set's version.
void with_each_version(const Tensor& logits, double temperature, Score score, std::int64_t k, bool normalise,
                       const std::function<void(const std::string&, const Tensor&, const Tensor&)>& check) {
  const GateSpec spec = spec_of(temperature, score, k, normalise), checked = checked_gate(logits, spec, {});
  for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
    const GateOutput out = cpu::gate(*set, logits, checked, {});
    check(set->name, out.alpha, out.scores);
  }
  const GateOutput out = gate(logits, spec), defined = reference::gate(logits, spec);
  check("operator", out.alpha, out.scores);
  check("reference", defined.alpha, defined.scores);
}

TEST(Gate, SparsemaxAndEntmaxOfKnownRows) {
  const struct {
    std::vector<double> z, sparsemax, entmax15;
  } rows[] = {{{1, .5, -1}, {.75, .25, 0}, {.67399264, .32600736, 0}},
              {{1, 1, .2}, {.5, .5, 0}, {.46107294, .46107294, .07785412}},
              {{.1, 1.1, .2, .3}, {0, .9, 0, .1}, {.08797701, .6345862, .12013793, .15729885}},
              {{1.5, 1.4, 1.3, 1.2, -3}, {.4, .3, .2, .1, 0}, {.32702978, .27234326, .22265674, .17797022, 0}}};
  for (const auto& r : rows) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const double tolerance = type == at::kDouble ? 1e-8 : 3e-7;
      const Tensor z = row(r.z).to(type);
      with_each_version(z, 1, Score::sparsemax, 0, false, [&](const auto& version, const Tensor&, const Tensor& s) {
        EXPECT_TRUE(near(s, row(r.sparsemax), tolerance)) << version;
      });
      with_each_version(z, 1, Score::entmax15, 0, false, [&](const auto& version, const Tensor&, const Tensor& s) {
        EXPECT_TRUE(near(s, row(r.entmax15), tolerance)) << version;
      });
    }
  }
}

TEST(Gate, SparsemaxOfTheSeedsExampleByTemperature) {
  const Tensor z = row({2, 1.5, 1, .5});
  EXPECT_TRUE(near(dense(z, Score::sparsemax, .5), row({1, 0, 0, 0}), 1e-12));
  EXPECT_TRUE(near(dense(z, Score::sparsemax, .75), row({5. / 6, 1. / 6, 0, 0}), 1e-12));
  EXPECT_TRUE(near(dense(z, Score::sparsemax, 1), row({.75, .25, 0, 0}), 1e-12));
  EXPECT_TRUE(near(dense(z, Score::sparsemax, 2), row({7. / 12, 4. / 12, 1. / 12, 0}), 1e-12));
  EXPECT_TRUE(near(dense(z, Score::softmax, .5), row({.644, .237, .087, .032}), 5e-4));
}

TEST(Gate, SoftmaxTopTwoOfTheGoldenVector) {
  const Tensor logits =
      torch::tensor({{2., 1., 0., -1.}, {0., 2., 1., -1.}, {1., 0., 3., 0.}, {.5, .5, -.5, 1.5}}, at::kDouble);
  with_each_version(logits, 1, Score::softmax, 2, true, [&](const auto& version, const Tensor& alpha, const Tensor&) {
    const Tensor chosen = torch::tensor({{1, 1, 0, 0}, {0, 1, 1, 0}, {1, 0, 1, 0}, {1, 0, 0, 1}}, at::kBool);
    EXPECT_TRUE(at::equal(alpha != 0, chosen)) << version << alpha;  // the last row's tie goes to expert 0
    // Two logits d apart share as 1 to e^d.
    const auto share = [](double d) { return 1 / (1 + std::exp(-d)); };
    EXPECT_NEAR(alpha[0][0].item<double>(), share(1), 1e-12) << version;
    EXPECT_NEAR(alpha[2][2].item<double>(), share(2), 1e-12) << version;
    EXPECT_NEAR(alpha[3][3].item<double>(), share(1), 1e-12) << version;
    EXPECT_TRUE(near(alpha.sum(1), at::ones({4}, at::kDouble), 1e-12)) << version;
  });
}

TEST(Gate, EveryVersionAgreesWithTheReference) {
  at::manual_seed(1);
  for (const Case& c : cases) {
    for (const Score score : scores_of_all) {
      for (const bool normalise : {false, true}) {
        for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
          const Tensor logits = at::randn({c.tokens, c.experts}, type) * 2;
          const GateOutput expected = reference::gate(logits.to(at::kDouble), spec_of(.7, score, c.k, normalise));
          with_each_version(logits, .7, score, c.k, normalise, [&](const auto& v, const Tensor& a, const Tensor& s) {
            EXPECT_TRUE(near(s, expected.scores, tolerance_of(type))) << v;
            EXPECT_TRUE(near(a, expected.alpha, tolerance_of(type))) << v << int(score) << c.experts;
          });
        }
      }
    }
  }
}

TEST(Gate, BackwardOfEveryVersionAgreesWithTheReferencesAutograd) {
  at::manual_seed(2);
  for (const Case& c : cases) {
    for (const Score score : scores_of_all) {
      for (const bool normalise : {false, true}) {
        for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
          Tensor logits = at::randn({c.tokens, c.experts}, type), exact = logits.to(at::kDouble).requires_grad_();
          const Tensor da = at::randn_like(logits), ds = at::randn_like(logits);
          const GateSpec spec = spec_of(.7, score, c.k, normalise), checked = checked_gate(logits, spec, {});
          const GateOutput out = reference::gate(exact, spec);
          const Tensor expected =
              torch::autograd::grad({out.alpha, out.scores}, {exact}, {da.to(at::kDouble), ds.to(at::kDouble)})[0];
          for (const cpu::InstructionSet* set : cpu::instruction_sets()) {
            const GateOutput here = cpu::gate(*set, logits, checked, {});
            const GateGradients d{da, ds, {}, {}, {}};
            EXPECT_TRUE(near(cpu::gate_backward(*set, d, logits, here, checked), expected, 10 * tolerance_of(type)))
                << set->name << " " << name_of(score) << " " << c.experts << " " << c.k;
          }
        }
      }
    }
  }
}

TEST(Gate, GradientsOfBothOutputsByFiniteDifferences) {
  at::manual_seed(3);
  for (const Score score : scores_of_all) {
    for (const std::int64_t k : {0, 2}) {
      for (const bool normalise : {false, true}) {
        Tensor logits = at::randn({5, 6}, at::kDouble).requires_grad_();
        const Tensor da = at::randn({5, 6}, at::kDouble), ds = at::randn({5, 6}, at::kDouble);
        const GateSpec spec = spec_of(.8, score, k, normalise);
        expect_gradients([&] { return (gate(logits, spec).alpha * da).sum(); }, {logits});
        expect_gradients([&] { return (gate(logits, spec).scores * ds).sum(); }, {logits});
        expect_gradients(
            [&] {
              const GateOutput out = gate(logits, spec);
              return (out.alpha * da + out.scores * ds).sum();
            },
            {logits});
      }
    }
  }
}

TEST(Gate, TiesGoToTheLowerIndex) {
  for (const Score score : scores_of_all) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const Tensor logits =
          torch::tensor({{1., 1., 1., 1., 1.}, {0., 2., 1., 1., 1.}, {3., 3., 3., 2., 9.}}, type) * .1;
      const Tensor chosen = torch::tensor({{1, 1, 0, 0, 0}, {0, 1, 1, 0, 0}, {1, 0, 0, 0, 1}}, at::kBool);
      with_each_version(logits, 1, score, 2, true, [&](const auto& version, const Tensor& alpha, const Tensor&) {
        EXPECT_TRUE(at::equal(alpha != 0, chosen)) << version << " " << int(score) << alpha;
      });
    }
  }
}

TEST(Gate, HugeLogitsStayFinite) {
  for (const Score score : scores_of_all) {
    for (const bool normalise : {false, true}) {
      Tensor logits =
          torch::tensor({{1e4f, -1e4f, 0.f}, {-1e4f, -1e4f, -1e4f}, {1e30f, 1e30f, 0.f}, {-200.f, -201.f, -300.f}});
      with_each_version(logits, 1, score, 2, normalise, [&](const auto& v, const Tensor& alpha, const Tensor& scores) {
        EXPECT_TRUE(alpha.isfinite().all().template item<bool>()) << v << " " << int(score) << alpha;
        EXPECT_TRUE(scores.isfinite().all().template item<bool>()) << v << " " << int(score) << scores;
      });
      logits.requires_grad_();
      const GateOutput out = gate(logits, spec_of(1, score, 2, normalise));
      const Tensor gradient = torch::autograd::grad({out.alpha.square().sum() + out.scores.sum()}, {logits})[0];
      EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << int(score) << gradient;
    }
  }
}

TEST(Gate, SigmoidScoresThatUnderflowStillShareByTheirRatio) {
  // sigmoid(-200) is 0 in float32; the ratio of two such scores is e to the difference of their logits.
  const Tensor logits = torch::tensor({{-200.f, -201.f, -300.f}});
  with_each_version(logits, 1, Score::sigmoid, 2, true, [&](const auto& version, const Tensor& alpha, const Tensor&) {
    EXPECT_TRUE(near(alpha, row({.7310586, .2689414, 0}), 1e-6)) << version;
  });
}

TEST(Gate, ANaNIsSeenInItsRowOnly) {
  for (const Score score : scores_of_all) {
    for (const bool all : {false, true}) {
      Tensor logits = torch::tensor({{1.f, 2.f, 3.f}, {1.f, NAN, 3.f}, {3.f, 2.f, 1.f}});
      if (all) logits[1].fill_(NAN);
      with_each_version(logits, 1, score, 2, true, [&](const auto& version, const Tensor& alpha, const Tensor&) {
        EXPECT_TRUE(alpha[1].isnan().any().template item<bool>()) << version << int(score);
        EXPECT_EQ((alpha[1] != 0).sum().template item<int>(), 2) << version << int(score);  // k of them, as in any row
        EXPECT_TRUE(alpha[0].isfinite().all().template item<bool>()) << version << int(score);
        EXPECT_TRUE(alpha[2].isfinite().all().template item<bool>()) << version << int(score);
        EXPECT_NO_THROW(dispatch(alpha, 2));
      });
    }
  }
}

TEST(Gate, BitsDependNeitherOnThreadsNorOnTheRun) {
  at::manual_seed(4);
  const Tensor logits = at::randn({20000, 8}).requires_grad_();
  const Tensor d = at::randn({20000, 8});
  for (const Score score : scores_of_all) {
    std::vector<Tensor> first;
    for (const int threads : {1, 2, 3, 2}) {
      const Threads scope(threads);
      const GateOutput out = gate(logits, spec_of(1, score, 2, true));
      const std::vector<Tensor> now{out.alpha, out.scores,
                                    torch::autograd::grad({out.alpha, out.scores}, {logits}, {d, d})[0]};
      if (first.empty()) first = now;
      for (std::size_t i = 0; i < now.size(); ++i) EXPECT_TRUE(at::equal(now[i], first[i])) << threads;
    }
  }
}

TEST(Gate, TransposedLogitsAndGradientsAreRead) {
  const Tensor base = at::randn({4, 6}, at::kDouble);
  Tensor logits = base.t().requires_grad_();
  const GateSpec spec = spec_of(1, Score::softmax, 2, true);
  const GateOutput out = gate(logits, spec);
  EXPECT_TRUE(near(out.alpha, reference::gate(logits.contiguous(), spec).alpha, 1e-12));
  EXPECT_TRUE(near(torch::autograd::grad({out.scores}, {logits}, {at::ones({4, 6}, at::kDouble).t()})[0],
                   at::zeros({6, 4}, at::kDouble), 1e-12));  // a softmax sums to 1 whatever the logits
}

TEST(Gate, BadArgumentsThrow) {
  const Tensor logits = at::randn({3, 4});
  EXPECT_THROW(gate(logits, spec_of(0, Score::softmax, 2, true)), c10::Error);
  EXPECT_THROW(gate(logits, spec_of(-1, Score::softmax, 2, true)), c10::Error);
  EXPECT_THROW(gate(logits, spec_of(NAN, Score::softmax, 2, true)), c10::Error);
  EXPECT_THROW(gate(logits[0], spec_of(1, Score::softmax, 2, true)), c10::Error);
  EXPECT_THROW(gate(logits.to(at::kHalf), spec_of(1, Score::softmax, 2, true)), c10::Error);
  EXPECT_THROW(gate(at::randn({3, 0}), spec_of(1, Score::softmax, 2, true)), c10::Error);
}

}  // namespace
}  // namespace tessera::kernels
