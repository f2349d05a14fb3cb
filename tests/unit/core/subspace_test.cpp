// Experts as subspaces of one backbone: against the formula written out, by finite differences, and gradients of tasks
// against separate backward passes.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/learn/subspace_dynamics.h"
#include "core/measure/formulas.h"
#include "core/moe/router.h"
#include "core/tasks/interference.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera {
namespace {

using kernels::near;

constexpr std::int64_t width = 5, dimensions = 12, experts = 4, tokens = 9, tasks = 3;

at::Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kDouble);
}

struct Small {
  SubspaceParameters parameters;
  Initialiser initialiser{7, at::kDouble};
  std::optional<SubspaceBank> bank;
  at::Tensor x = normal({tokens, width}, 1), alpha, labels;

  explicit Small(const std::function<void(SubspaceParameters&)>& adapt = {}) {
    parameters.backbone = dimensions;
    parameters.alpha.noise = 1;
    if (adapt) adapt(parameters);
    bank.emplace(0, width, experts, parameters, "silu", initialiser);
    alpha = normal({tokens, experts}, 2).abs();
    alpha = alpha.masked_fill(alpha < 0.6, 0);
    labels = at::arange(tokens, at::kLong).remainder(tasks);
  }

  SubspaceBank::Output run(bool apart = true) const {
    return bank->forward(x, alpha, 0, apart ? labels : at::Tensor(), tasks, parameters,
                         bank->pick(parameters, true, 3));
  }
};

double silu(double z) { return z / (1 + std::exp(-z)); }

// The seed's formula, element by element.
at::Tensor by_hand(const Small& s, const std::function<double(std::int64_t e, std::int64_t d)>& mask) {
  at::Tensor y = at::zeros_like(s.x);
  for (std::int64_t t = 0; t < tokens; ++t) {
    for (std::int64_t e = 0; e < experts; ++e) {
      for (std::int64_t d = 0; d < dimensions; ++d) {
        double z = 0;
        for (std::int64_t i = 0; i < width; ++i) z += s.x[t][i].item<double>() * s.bank->down[i][d].item<double>();
        const double h = s.alpha[t][e].item<double>() * silu(z) * mask(e, d);
        y[t] += h * s.bank->up[d].detach();
      }
    }
  }
  return y;
}

std::vector<std::vector<double>> rows_of(const at::Tensor& t) {
  std::vector<std::vector<double>> rows;
  for (std::int64_t i = 0; i < t.size(0); ++i) {
    const at::Tensor row = t[i].detach().contiguous();
    rows.emplace_back(row.const_data_ptr<double>(), row.const_data_ptr<double>() + row.numel());
  }
  return rows;
}

// The `rank` largest of a row, ties to the lower index.
std::vector<bool> largest(const std::vector<double>& row, std::size_t rank) {
  std::vector<bool> is(row.size());
  for (std::size_t d = 0; d < row.size(); ++d) {
    std::size_t before = 0;
    for (std::size_t j = 0; j < row.size(); ++j) before += row[j] > row[d] || (row[j] == row[d] && j < d);
    is[d] = before < rank;
  }
  return is;
}

TEST(Subspaces, ComputeTheFormula) {
  const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
  for (const std::string mask : {"sigmoid", "softmax", "mean"}) {
    for (const std::string kind : {"expert_by_dimension", "expert_by_expert"}) {
      const Small s([&](SubspaceParameters& p) {
        p.mask = mask;
        p.alpha.kind = kind;
        p.alpha.temperature = 0.7;
      });
      const auto a = rows_of(s.bank->alpha());
      const auto score = [&](std::int64_t e, std::int64_t d) {
        const auto row = static_cast<std::size_t>(e);
        return kind == "expert_by_dimension" ? a[row][static_cast<std::size_t>(d)]
                                             : a[row][static_cast<std::size_t>(d * experts / dimensions)];
      };
      const auto expected = [&](std::int64_t e, std::int64_t d) {
        std::vector<double> row;
        for (std::int64_t j = 0; j < dimensions; ++j) row.push_back(score(e, j));
        const std::vector<bool> in = largest(row, 6);  // 12 / sqrt(4)
        if (!in[static_cast<std::size_t>(d)]) return 0.;
        double sum = 0;
        for (std::size_t j = 0; j < row.size(); ++j) {
          if (in[j]) sum += mask == "softmax" ? std::exp(row[j] / 0.7) : sigmoid(row[j] / 0.7);
        }
        if (mask == "mean") return sum / 6;
        return mask == "softmax" ? 6 * std::exp(score(e, d) / 0.7) / sum : sigmoid(score(e, d) / 0.7);
      };
      EXPECT_TRUE(near(s.run().y, by_hand(s, expected), 1e-12)) << mask << " " << kind;
      EXPECT_TRUE(near(s.run(false).y, by_hand(s, expected), 1e-12)) << mask << " " << kind;
    }
  }
}

TEST(Subspaces, WithAllDimensionsPickedNothingIsCutOff) {
  const Small s([](SubspaceParameters& p) { p.picking = "all"; });
  const at::Tensor open = s.bank->alpha().detach().sigmoid();
  EXPECT_TRUE(near(s.run().y, by_hand(s, [&](auto e, auto d) { return open[e][d].template item<double>(); }), 1e-12));
}

TEST(Subspaces, HaveTheGradientsOfFiniteDifferences) {
  for (const std::string mask : {"sigmoid", "softmax", "mean"}) {
    Small s([&](SubspaceParameters& p) {
      p.mask = mask;
      p.straight_through = false;
    });
    s.x.requires_grad_();
    s.alpha.requires_grad_();
    const at::Tensor weights = normal({tokens, width}, 4);
    const auto loss = [&] { return (s.run().y * weights).sum(); };
    kernels::expect_gradients(loss, {s.x, s.bank->down, s.bank->up, s.bank->alpha()});
  }
}

TEST(Subspaces, StraightThroughIsTheGradientWithEveryDimensionPicked) {
  Small s;
  const at::Tensor weights = normal({tokens, width}, 4);
  const at::Tensor got = torch::autograd::grad({(s.run().y * weights).sum()}, {s.bank->alpha()})[0];
  const Subspaces picked = s.bank->pick(s.parameters, true, 3);
  Small open([](SubspaceParameters& p) { p.picking = "all"; });  // the same weights
  const auto loss = [&] { return (open.run().y * weights).sum().item<double>(); };
  const at::Tensor alpha = open.bank->alpha();
  const at::NoGradGuard no_grad;
  for (std::int64_t e = 0; e < experts; ++e) {
    for (std::int64_t d = 0; d < dimensions; ++d) {
      const double at_first = alpha[e][d].item<double>();
      alpha[e][d] = at_first + 1e-5;
      const double above = loss();
      alpha[e][d] = at_first - 1e-5;
      const double below = loss();
      alpha[e][d] = at_first;
      EXPECT_NEAR(got[e][d].item<double>(), (above - below) / 2e-5, 1e-8) << e << " " << d;
    }
  }
  EXPECT_LT(picked.picked.size(1), dimensions);
}

TEST(Subspaces, PickAsManyAsTheQuota) {
  Small s;
  EXPECT_EQ(s.bank->pick(s.parameters, true, 3).picked.size(1), 6);
  s.parameters.rank = 5;
  const at::Tensor picked = s.bank->pick(s.parameters, false, 0).picked;
  const auto rows = rows_of(s.bank->alpha());
  for (std::int64_t e = 0; e < experts; ++e) {
    const std::vector<bool> in = largest(rows[static_cast<std::size_t>(e)], 5);
    std::int64_t next = 0;
    for (std::int64_t d = 0; d < dimensions; ++d) {
      if (!in[static_cast<std::size_t>(d)]) continue;
      EXPECT_EQ(picked[e][next++].item<std::int64_t>(), d);
    }
    EXPECT_EQ(next, 5);
  }
}

TEST(Subspaces, GumbelDrawsWhileTrainingOnly) {
  Small s([](SubspaceParameters& p) { p.picking = "gumbel"; });
  const auto picked = [&](bool training, std::uint64_t noise) {
    return s.bank->pick(s.parameters, training, noise).picked;
  };
  EXPECT_TRUE(at::equal(picked(false, 1), picked(false, 2)));
  EXPECT_TRUE(at::equal(picked(true, 1), picked(true, 1)));
  EXPECT_FALSE(at::equal(picked(true, 1), picked(true, 2)));
  // Sampled without replacement in proportion to e^alpha: equal alphas are picked equally often.
  const at::NoGradGuard no_grad;
  s.bank->alpha().zero_();
  at::Tensor count = at::zeros({experts, dimensions});
  for (std::uint64_t noise = 0; noise < 400; ++noise) {
    count += at::zeros({experts, dimensions}).scatter(1, picked(true, noise), 1.);
  }
  EXPECT_NEAR(count.mean().item<double>(), 200, 1e-6);
  EXPECT_LT((count - 200).abs().max().item<double>(), 50);  // 10 deviations: sqrt(400 / 4)
}

TEST(Subspaces, GumbelNoiseChoosesAndMasksNothing) {
  Small s([](SubspaceParameters& p) { p.picking = "gumbel"; });
  const Subspaces made = s.bank->pick(s.parameters, true, 5);
  EXPECT_TRUE(near(made.mask, s.bank->alpha().gather(1, made.picked).sigmoid(), 1e-15));
}

// What noise leaves unpicked may be far more open than all that is picked.
TEST(Subspaces, HardMasksBesideGumbelNoiseHaveFiniteGradients) {
  std::int64_t seen = 0;
  for (std::uint64_t noise = 0; noise < 20; ++noise) {
    Small s([](SubspaceParameters& p) {
      p.mask = "softmax";
      p.picking = "gumbel";
      p.alpha.temperature = 0.001;
    });
    const auto output = s.bank->forward(s.x, s.alpha, 0, {}, 1, s.parameters, s.bank->pick(s.parameters, true, noise));
    const at::Tensor gradient = torch::autograd::grad({output.y.sum()}, {s.bank->alpha()})[0];
    EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << noise;
    const at::Tensor picked = s.bank->pick(s.parameters, true, noise).picked, alpha = s.bank->alpha().detach();
    const at::Tensor top = alpha.gather(1, picked).amax(1, true);
    const at::Tensor more_open = (alpha > top) & (s.alpha.abs().sum(0) > 0).unsqueeze(1);
    EXPECT_TRUE(((gradient != 0) | ~more_open).all().item<bool>()) << noise;
    seen += more_open.sum().item<std::int64_t>();
  }
  EXPECT_GT(seen, 0);
}

// With softmax, an unpicked dimension's gradient is that of its exponential over the sum of the picked ones'.
TEST(Subspaces, StraightThroughLeavesThePickedTheirOwnGradient) {
  for (const std::string mask : {"sigmoid", "softmax", "mean"}) {
    for (const std::string picking : {"top_rank", "gumbel"}) {
      Small s([&](SubspaceParameters& p) {
        p.mask = mask;
        p.picking = picking;
      });
      const at::Tensor weights = normal({tokens, width}, 4);
      const auto gradient = [&](bool through) {
        s.parameters.straight_through = through;
        return torch::autograd::grad({(s.run().y * weights).sum()}, {s.bank->alpha()})[0];
      };
      const at::Tensor with = gradient(true), without = gradient(false);
      const at::Tensor picked = s.bank->pick(s.parameters, true, 3).picked;
      EXPECT_TRUE(near(with.gather(1, picked), without.gather(1, picked), 1e-12)) << mask << picking;
      const at::Tensor others = at::ones({experts, dimensions}, at::kDouble).scatter(1, picked, 0.);
      EXPECT_EQ((without * others).abs().max().item<double>(), 0);
      EXPECT_EQ((with * others).abs().max().item<double>() > 0, mask != "mean");
      if (mask != "softmax") continue;
      // One more dimension, d, of expert 0, with the mask r exp(z_d) / sum over the picked.
      const at::Tensor z = s.bank->alpha().detach()[0], p0 = picked[0];
      for (std::int64_t d = 0; d < dimensions; ++d) {
        if (others[0][d].item<double>() == 0) continue;
        const double m = 6 * std::exp(z[d].item<double>()) / z.index_select(0, p0).exp().sum().item<double>();
        const at::Tensor h = at::silu(at::mv(s.x, s.bank->down.detach().select(1, d))) * s.alpha.select(1, 0);
        const double expected = m * (h * at::mv(weights, s.bank->up.detach()[d])).sum().item<double>();
        EXPECT_NEAR(with[0][d].item<double>(), expected, 1e-10);
      }
    }
  }
}

TEST(Subspaces, BackboneStartsOrthogonal) {
  const Small s;
  EXPECT_TRUE(near(at::mm(s.bank->down, s.bank->down.t()), at::eye(width, at::kDouble), 1e-12));
  EXPECT_TRUE(near(at::mm(s.bank->up.t(), s.bank->up), at::eye(width, at::kDouble), 1e-12));
}

TEST(Dynamics, GradientsOfTasksAreThoseOfSeparateBackwardPasses) {
  for (const std::string mask : {"sigmoid", "softmax", "mean"}) {
    const Small s([&](SubspaceParameters& p) { p.mask = mask; });
    const at::Tensor weights = normal({tokens, width}, 5);
    const auto rows_of_backbone = [&](const at::Tensor& d_down, const at::Tensor& d_up) {
      return at::cat({d_down.t(), d_up}, 1);
    };
    const auto output = s.run();
    const auto d = torch::autograd::grad({(output.y * weights).sum()},
                                         {output.taps.down, output.taps.up, s.bank->down, s.bank->up});
    const at::Tensor by_task = backbone_gradients(Apart::by_task, output.taps, d[0], d[1], dimensions),
                     by_expert = backbone_gradients(Apart::by_expert, output.taps, d[0], d[1], dimensions);
    EXPECT_TRUE(near(by_task.sum(0), rows_of_backbone(d[2], d[3]), 1e-12));
    EXPECT_TRUE(near(by_expert.sum(0), rows_of_backbone(d[2], d[3]), 1e-12));
    for (std::int64_t t = 0; t < tasks; ++t) {
      const at::Tensor of_task = (s.labels == t).unsqueeze(1).to(at::kDouble);
      const auto one = torch::autograd::grad({(s.run().y * weights * of_task).sum()}, {s.bank->down, s.bank->up});
      EXPECT_TRUE(near(by_task[t], rows_of_backbone(one[0], one[1]), 1e-12)) << mask << t;
    }
    for (std::int64_t e = 0; e < experts; ++e) {
      Small alone = s;
      alone.alpha = s.alpha * at::one_hot(at::tensor({e}), experts).to(at::kDouble);
      const auto one = torch::autograd::grad({(alone.run().y * weights).sum()}, {s.bank->down, s.bank->up});
      EXPECT_TRUE(near(by_expert[e], rows_of_backbone(one[0], one[1]), 1e-12)) << mask << e;
    }
    const at::Tensor share = output.taps.task_share;  // of each task's weight
    for (std::int64_t t = 0; t < tasks; ++t) {
      const at::Tensor of_task = s.alpha.index({s.labels == t}).sum(0);
      EXPECT_TRUE(near(share.select(1, t), of_task / of_task.sum(), 1e-12));
    }
  }
}

// The two cases that the published code tests.
TEST(Dynamics, DisjointSupportsDoNotConflict) {
  at::Tensor g = at::zeros({2, 4, 3}, at::kDouble);
  g[0].slice(0, 0, 2) = 1;
  g[1].slice(0, 2, 4) = -1;
  const Opposition made = opposition(g);
  EXPECT_EQ(made.pressure.abs().sum().item<double>(), 0);
  EXPECT_EQ((made.cosines.select(1, 0).select(1, 1)).abs().sum().item<double>(), 0);
}

TEST(Dynamics, OpposedGradientsOnAnOverlapHaveCosineMinusOne) {
  at::Tensor g = at::zeros({2, 4, 3}, at::kDouble);
  g[0].slice(0, 0, 3) = 1;
  g[1].slice(0, 2, 4) = -1;
  const Opposition made = opposition(g);
  const at::Tensor expected = at::tensor({0., 0., -1., 0.}, at::kDouble);
  EXPECT_TRUE(near(made.cosines.select(1, 0).select(1, 1), expected, 1e-15));
  EXPECT_TRUE(near(made.pressure, -expected.expand({2, 4}) / 2, 1e-15));  // equally long: equally hurt
}

TEST(Dynamics, TheSmallerGradientIsPushedHarder) {
  at::Tensor g = at::zeros({2, 1, 2}, at::kDouble);
  g[0][0][0] = 3;
  g[1][0][0] = -1;
  const Opposition made = opposition(g);
  EXPECT_NEAR(made.pressure[0][0].item<double>(), 0.25, 1e-15);
  EXPECT_NEAR(made.pressure[1][0].item<double>(), 0.75, 1e-15);
}

TEST(Dynamics, OnlyPickedDimensionsOfTheTasksExpertsArePushed) {
  SubspaceTaps taps;
  taps.subspaces.picked = at::tensor({0, 1, 1, 2}, at::kLong).view({2, 2});
  taps.task_share = at::tensor({1., 0.25, 0., 0.75}, at::kDouble).view({2, 2});  // of [E, T]
  Opposition of_tasks;
  of_tasks.pressure = at::tensor({0., 2., 0., 0., 4., 8.}, at::kDouble).view({2, 3});
  const at::Tensor expected = at::tensor({0., 3., 0., 0., 3., 6.}, at::kDouble).view({2, 3});
  EXPECT_TRUE(near(pressure_on_experts(of_tasks, taps), expected, 1e-15));
}

TEST(Dynamics, ConflictMovesAnExpertAndDoesNotCloseIt) {
  const at::Tensor pressure = at::tensor({0., 3., 0., 1., 2., 2., 2., 2.}, at::kDouble).view({2, 4});
  const at::Tensor expected = at::tensor({-1., 2., -1., 0., 0., 0., 0., 0.}, at::kDouble).view({2, 4});
  EXPECT_TRUE(near(conflict_gradient(pressure), expected, 1e-15));
}

TEST(Dynamics, ThePapersConflictIsThatOfTheIntersection) {
  // Experts 0 and 1 share dimension 1, where they oppose each other; elsewhere they agree with nothing.
  at::Tensor by_expert = at::zeros({3, 3, 2}, at::kDouble);
  by_expert[0][0][0] = 5;
  by_expert[0][1][0] = 2;
  by_expert[1][1][0] = -1;
  by_expert[2][2][0] = -1;
  const at::Tensor picked = at::tensor({1, 1, 0, 0, 1, 1, 0, 0, 1}, at::kInt).to(at::kBool).view({3, 3});
  at::Tensor expected = at::zeros({3, 3}, at::kDouble);
  expected[0][1] = expected[1][0] = 1;
  EXPECT_TRUE(near(paper_conflict_gradient(by_expert, picked, 1), expected, 1e-15));
}

TEST(Dynamics, PenaltiesHaveTheGradientOfTheirFormula) {
  SubspaceParameters p;
  p.metabolic = 0.3;
  p.determinacy = 0.7;
  const at::Tensor alpha = normal({3, 4}, 8).requires_grad_();
  const at::Tensor s = alpha.sigmoid(), loss = 0.3 * alpha.abs().mean() + 0.7 * (s * (1 - s)).mean();
  EXPECT_TRUE(near(penalty_gradient(alpha.detach(), p), torch::autograd::grad({loss}, {alpha})[0], 1e-14));
}

TEST(Dynamics, AlphaGetsTheLossTheConflictAndThePenalties) {
  const Small s;
  const auto output = s.run();
  const auto d =
      torch::autograd::grad({(output.y * normal({tokens, width}, 5)).sum()}, {output.taps.down, output.taps.up});
  at::Tensor d_alpha = at::zeros({experts, dimensions}, at::kDouble);
  const SubspaceStep step = add_dynamics(*s.bank, output.taps, d[0], d[1], s.parameters, d_alpha);
  const at::Tensor conflict = conflict_gradient(pressure_on_experts(step.between_tasks, output.taps));
  EXPECT_TRUE(near(d_alpha, conflict + penalty_gradient(s.bank->alpha().detach(), s.parameters), 1e-14));
  EXPECT_GT(step.conflict_norm.item<double>(), 0);
  EXPECT_NEAR(step.conflict_norm.item<double>(), conflict.norm().item<double>(), 1e-14);
  EXPECT_EQ(step.task_norm.item<double>(), 0);
}

TEST(SubspaceFormulas, AreThoseWorkedByHand) {
  const at::Tensor picked = at::tensor({1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1}, at::kInt).to(at::kBool).view({3, 4});
  at::Tensor expected = at::tensor({1., .5, 0., .5, 1., .5, 0., .5, 1.}, at::kDouble).view({3, 3});
  EXPECT_TRUE(near(rank_overlap_pairs(picked), expected, 1e-15));
  EXPECT_EQ(shared_dimensions(picked), 0.5);  // 0 and 2

  at::Tensor cosines = at::zeros({3, 3, 3}, at::kDouble);  // of three tasks on three dimensions
  const auto set = [&](int d, int a, int b, double value) { cosines[d][a][b] = cosines[d][b][a] = value; };
  set(0, 0, 1, -.6);
  set(0, 1, 2, .9);
  set(1, 0, 2, .3);
  EXPECT_TRUE(near(interference_by_dimension(cosines), at::tensor({.2, 0., 0.}, at::kDouble), 1e-15));
  EXPECT_NEAR(gradient_interference(cosines), .1, 1e-15);  // the third has no pair
  EXPECT_EQ(gradient_interference(at::zeros({3, 3, 3}, at::kDouble)), 0);

  const at::Tensor share = at::tensor({1., .25, 0., .75}, at::kDouble).view({2, 2});
  EXPECT_NEAR(isolation(share), .75, 1e-15);
  // A task without weight says nothing.
  EXPECT_NEAR(isolation(at::cat({share, at::zeros({2, 1}, at::kDouble)}, 1)), .75, 1e-15);
  EXPECT_TRUE(std::isnan(isolation(at::tensor({1., 0., 0., 0.}, at::kDouble).view({2, 2}))));
  EXPECT_NEAR(topological_entropy(at::tensor({0., .5, 1.}, at::kDouble)), std::log(2) / 3, 1e-15);
}

TEST(TaskRouter, MixesFeaturesAndTaskInTheGivenRatio) {
  RouterParameters p;
  p.task.ratio = 0.25;
  p.task.dropout = 0;
  Initialiser initialiser{5, at::kDouble};
  const Router router(0, width, experts, 2, p, initialiser);
  const auto norm = [](const at::Tensor& z) {
    const at::Tensor centred = z - z.mean(1, true);
    return centred / (centred.square().mean(1, true) + 1e-5).sqrt();
  };
  const at::Tensor x = normal({3, width}, 9), task_bias = initialiser.weights.back().value;
  TokenContext context;
  const at::Tensor of_features = .75 * norm(at::mm(x, router.weight()));
  EXPECT_TRUE(near(router.logits(x, p, context), of_features, 1e-12));  // the task is withheld
  context.tasks = at::tensor({1, 0, 1}, at::kLong);
  const at::Tensor of_task = .25 * norm(task_bias).index_select(0, context.tasks);
  EXPECT_TRUE(near(router.logits(x, p, context), of_features + of_task, 1e-12));
  p.task.dropout = 1;
  context.training = true;
  EXPECT_TRUE(near(router.logits(x, p, context), of_features, 1e-12));
  p.task.ratio = 0;
  EXPECT_TRUE(near(router.logits(x, p, context), at::mm(x, router.weight()), 1e-12));
}

TEST(InterferenceTask, GivesEachInputToBothTasksWithOppositeAnswers) {
  const InterferenceTask task({.features = 3, .samples = 10}, 4, 1, at::kCPU);
  const Samples all = task.pick({0, 1, 6, 7});
  EXPECT_TRUE(at::equal(all.inputs[0], all.inputs[1]));
  EXPECT_TRUE(at::equal(all.inputs[2], all.inputs[3]));
  EXPECT_FALSE(at::equal(all.inputs[0], all.inputs[2]));
  EXPECT_TRUE(at::equal(all.targets, at::tensor({0, 1, 0, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(task.tasks_of(all), all.targets));
  EXPECT_EQ(task.test_samples(), 10);
  EXPECT_TRUE(at::equal(task.test(0, 10).targets, at::arange(10, at::kLong).remainder(2)));
}

}  // namespace
}  // namespace tessera
