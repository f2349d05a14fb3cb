// MoE layers: what is computed as one node equals what is composed of operations, gradients of every form by finite
// differences, and what routers remember.
#include "core/moe/moe_layer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/moe/hash_logits.h"
#include "core/moe/router_losses.h"
#include "tests/unit/core/finite_differences.h"

namespace tessera {
namespace {

constexpr std::int64_t tokens = 12, width = 6;

struct Form {
  const char* name;
  void (*set)(RouterParameters&, ExpertParameters&, RouterLossParameters&);
};

struct Case {
  RouterParameters router;
  ExpertParameters experts;
  RouterLossParameters losses;
  SubspaceParameters subspaces;
  TokenContext context;

  explicit Case(const Form& form) {
    experts.count = 4;
    experts.hidden = 5;
    losses.load_balance = 0;
    context.training = true;
    context.sequence_length = 4;
    form.set(router, experts, losses);
  }
};

at::Tensor random_tokens(std::int64_t seed = 1) {
  return at::randn({tokens, width}, at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed)), at::kDouble);
}

struct Built {
  Initialiser initialiser{3, at::kDouble};
  MoeLayer layer;
  explicit Built(const Case& c) : layer(0, width, c.experts, c.subspaces, c.router, 1, initialiser) {}
};

const Form composed_forms[] = {
    {"capacity", [](auto& r, auto&, auto&) { r.capacity.train = 1; }},
    {"renormalised",
     [](auto& r, auto&, auto&) {
       r.capacity.tokens = 4;
       r.capacity.dropped = "renormalise";
     }},
    {"input",
     [](auto& r, auto&, auto&) {
       r.applies = "input";
       r.k = 1;
       r.score = "sigmoid";
       r.normalise = "none";
     }},
    {"zero", [](auto&, auto& e, auto&) { e.zero.count = 2; }},
    {"shared",
     [](auto&, auto& e, auto&) {
       e.shared.count = 2;
       e.shared.hidden = 3;
       e.shared.gate = "sigmoid";
     }},
    {"soft",
     [](auto& r, auto&, auto&) {
       r.selection = "soft";
       r.slots = 2;
     }},
    {"expert_choice",
     [](auto& r, auto&, auto&) {
       r.selection = "expert_choice";
       r.capacity.train = 1;
       r.normalise = "none";
     }},
    {"expert_choice_losses",
     [](auto& r, auto&, auto& l) {
       r.selection = "expert_choice";
       r.capacity.train = 1;
       l = {.1, .2, "switch", .3, .4, {}};
     }},
    {"cosine",
     [](auto& r, auto&, auto&) {
       r.logits.kind = "cosine";
       r.logits.scale = 3;
       r.logits.bias = true;
     }},
    {"gaussian",
     [](auto& r, auto&, auto&) {
       r.logits.kind = "gaussian";
       r.score = "none";
       r.normalise = "softmax";
     }},
    {"threshold",
     [](auto& r, auto&, auto&) {
       r.selection = "threshold";
       r.threshold = 0.2;
     }},
    {"jitter",
     [](auto& r, auto&, auto&) {
       r.input.jitter = 0.1;
       r.input.layer_norm = true;
     }},
    {"losses",
     [](auto& r, auto&, auto& l) {
       r.capacity.train = 1;
       l = {.1, .2, "gshard", .3, .4, {}};
     }},
    {"second",
     [](auto& r, auto&, auto&) {
       r.second.policy = "random";
       r.second.threshold = 0.9;
     }},
    {"soft_losses",
     [](auto& r, auto&, auto& l) {
       r.selection = "soft";
       r.slots = 2;
       r.temperature = 0.5;
       l = {.1, .2, "switch", .3, .4, {}};
     }},
    {"second_losses",
     [](auto& r, auto&, auto& l) {
       r.second.policy = "random";
       r.second.threshold = 0.9;
       r.scale = 2.5;
       l.alpha_entropy = .1;
     }},
    {"sampled", [](auto& r, auto&, auto&) { r.second.policy = "sampling"; }},
};

class EveryForm : public testing::TestWithParam<Form> {};

TEST_P(EveryForm, HasTheGradientsOfFiniteDifferences) {
  const Case c(GetParam());
  const Built built(c);
  const at::Tensor x = random_tokens().requires_grad_(), direction = random_tokens(2);
  const auto loss = [&] {
    const auto output = built.layer.forward(x, x, c.router, c.losses, c.subspaces, c.context);
    const at::Tensor y = (output.y * direction).sum();
    return output.losses.defined() ? y + output.losses.sum() : y;
  };
  std::vector<at::Tensor> values = {x};
  for (const Weight& weight : built.initialiser.weights) values.push_back(weight.value);
  const auto gradients = torch::autograd::grad({loss()}, values, {}, std::nullopt, false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string name = i == 0 ? "x" : built.initialiser.weights[i - 1].name;
    ASSERT_TRUE(gradients[i].defined()) << name;
    test::check_gradient(
        name, values[i], gradients[i], [&] { return loss().item<double>(); }, 6, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Composed, EveryForm, testing::ValuesIn(composed_forms),
                         [](const auto& info) { return std::string(info.param.name); });

// A capacity that nobody reaches changes nothing, but has the layer composed.
const Form one_node_forms[] = {
    {"softmax",
     [](auto&, auto&, auto& l) {
       l = {.1, .2, "switch", .3, .4, {.5, 1.2, 2}};
     }},
    {"sigmoid",
     [](auto& r, auto&, auto& l) {
       r.score = "sigmoid";
       l.load_balance = .3;
       l.balance_form = "gshard";
     }},
    {"groups",
     [](auto& r, auto&, auto& l) {
       r.groups = {2, 1, "top2_sum", "minus_infinity"};
       l.load_balance = .3;
       l.balance_form = "hugging_face";
     }},
    {"biased",
     [](auto& r, auto&, auto&) {
       r.bias.update = "sign";
       r.scale = 2.5;
     }},
    {"relu",
     [](auto& r, auto&, auto& l) {
       r.score = "relu";
       r.k = 3;
       r.normalise = "l1";
       l.variance = .2;
     }},
    {"logits",
     [](auto& r, auto&, auto&) {
       r.score = "none";
       r.normalise = "softmax";
     }},
};

class OneNode : public testing::TestWithParam<Form> {};

TEST_P(OneNode, EqualsWhatIsComposed) {
  Case c(GetParam());
  const Built built(c);
  const at::Tensor x = random_tokens().requires_grad_(), direction = random_tokens(2);
  for (const ModelState& state : built.initialiser.states) {
    state.value.copy_(at::linspace(.1, .5, state.value.numel(), at::kDouble).view(state.value.sizes()));
  }
  const auto run = [&] {
    const auto output = built.layer.forward(x, x, c.router, c.losses, c.subspaces, c.context);
    const at::Tensor y = (output.y * direction).sum();
    const at::Tensor total = output.losses.defined() ? y + output.losses.sum() : y;
    std::vector<at::Tensor> values = {x};
    for (const Weight& weight : built.initialiser.weights) values.push_back(weight.value);
    auto all = torch::autograd::grad({total}, values);
    all.push_back(total.detach());
    all.push_back(output.routing.alpha);
    all.push_back(output.routing.load);
    return all;
  };
  const auto one_node = run();
  c.router.capacity.tokens = tokens;
  const auto composed = run();
  for (std::size_t i = 0; i < one_node.size(); ++i) {
    EXPECT_TRUE(at::allclose(one_node[i], composed[i], 1e-10, 1e-12)) << i << one_node[i] << composed[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, OneNode, testing::ValuesIn(one_node_forms),
                         [](const auto& info) { return std::string(info.param.name); });

void silence_experts(const Built& built) {
  for (const Weight& weight : built.initialiser.weights) {
    if (weight.scope == Scope::experts) weight.value.detach().zero_();
  }
}

TEST(MoeLayer, IdentityExpertsHandOnTheirInput) {
  Case c({"", [](auto& r, auto& e, auto&) {
            e.zero.count = 4;
            r.k = 8;
          }});
  Built built(c);
  silence_experts(built);
  const at::Tensor x = random_tokens();
  const auto output = built.layer.forward(x, x, c.router, c.losses, c.subspaces, {});
  const at::Tensor expected = x + x * output.routing.alpha.narrow(1, 4, 4).sum(1, true);
  EXPECT_TRUE(at::allclose(output.y, expected, 1e-12, 1e-12));
  c.experts.zero.kind = "zero";
  const Built nothing(c);
  silence_experts(nothing);
  EXPECT_TRUE(at::allclose(nothing.layer.forward(x, x, c.router, c.losses, c.subspaces, {}).y, x));
}

// What the loss sees is alpha, also where the choice is made after the gate.
TEST(MoeLayer, TheEntropyLossIsOfTheWeightsInTheEnd) {
  for (const char* selection : {"expert_choice", "top_k"}) {
    Case c({"", [](auto& r, auto&, auto& l) {
              r.second.policy = "random";
              r.second.threshold = 0.9;
              r.capacity.train = 1;
              l.alpha_entropy = 1;
            }});
    c.router.selection = selection;
    if (c.router.selection == "top_k") c.router.capacity.train = 0;
    const Built built(c);
    const auto output =
        built.layer.forward(random_tokens(), random_tokens(), c.router, c.losses, c.subspaces, c.context);
    double sum = 0;
    int rows = 0;
    for (std::int64_t t = 0; t < tokens; ++t) {
      const at::Tensor row = output.routing.alpha[t];
      const double size = row.sum().item<double>();
      if (size == 0) continue;
      ++rows;
      for (std::int64_t e = 0; e < 4; ++e) {
        const double p = row[e].item<double>() / size;
        if (p > 0) sum -= p * std::log(p);
      }
    }
    EXPECT_NEAR(output.losses[0].item<double>(), sum / rows, 1e-10) << selection;
  }
}

// z-loss: of the logits as they are, whatever the temperature (Zoph et al. 2022, eq. 5).
TEST(MoeLayer, TheZLossOfSlotsIsOfTheirLogits) {
  Case c({"", [](auto& r, auto&, auto& l) {
            r.selection = "soft";
            r.slots = 3;
            r.temperature = 0.5;
            l.z_loss = 1;
          }});
  const Built built(c);
  const auto output = built.layer.forward(random_tokens(), random_tokens(), c.router, c.losses, c.subspaces, c.context);
  const double expected = output.routing.logits.exp().sum(1).log().square().mean().item<double>();
  EXPECT_NEAR(output.losses[static_cast<std::int64_t>(RouterLoss::z_loss)].item<double>(), expected, 1e-10);
}

TEST(MoeLayer, GaussianLogitsAreLogDensities) {
  const Case c({"", [](auto& r, auto&, auto&) {
                  r.logits.kind = "gaussian";
                  r.score = "none";
                  r.normalise = "softmax";
                }});
  const Built built(c);
  const at::Tensor x = random_tokens();
  at::Tensor mean, log_deviation;
  for (const Weight& weight : built.initialiser.weights) {
    if (weight.name == "layer0.router.mean") mean = weight.value.detach();
    if (weight.name == "layer0.router.log_deviation") {
      weight.value.detach().copy_(at::linspace(-.5, .5, weight.value.numel(), at::kDouble).view(weight.value.sizes()));
      log_deviation = weight.value.detach();
    }
  }
  const at::Tensor logits = built.layer.forward(x, x, c.router, c.losses, c.subspaces, {}).routing.logits;
  for (std::int64_t t = 0; t < tokens; ++t) {
    for (std::int64_t e = 0; e < 4; ++e) {
      double sum = 0;
      for (std::int64_t d = 0; d < width; ++d) {
        const double deviation = std::exp(log_deviation[d][e].item<double>());
        const double z = (x[t][d].item<double>() - mean[d][e].item<double>()) / deviation;
        sum += -z * z / 2 - std::log(deviation) - 0.5 * std::log(2 * 3.14159265358979323846);
      }
      EXPECT_NEAR(logits[t][e].item<double>(), sum, 1e-10);
    }
  }
}

// Loads 4, 1, 1, 2: mean 2 (arXiv 2408.15664, algorithm 1: b_i += u sign(mean - load_i)).
TEST(MoeLayer, TheBiasRisesForExpertsWithLittleLoad) {
  for (const bool reversed : {false, true}) {
    for (const char* update : {"sign", "proportional"}) {
      Case c({"", [](auto&, auto&, auto&) {}});
      c.router.bias = {update, 0.01, "scores", reversed};
      Built built(c);
      Routing routing;
      routing.alpha = at::zeros({4, 4}, at::kDouble);
      routing.load = at::tensor({4., 1., 1., 2.}, at::kDouble);
      built.layer.update_state(routing, c.router, c.losses);
      const bool sign = std::string(update) == "sign";
      const at::Tensor expected = at::tensor({sign ? -1. : -2., 1., 1., 0.}, at::kDouble) * (reversed ? -.01 : .01);
      EXPECT_TRUE(at::allclose(built.initialiser.states[0].value, expected)) << update << reversed;
    }
  }
}

TEST(MoeLayer, TheL1CoefficientFollowsHowManyExpertsWork) {
  Case c({"", [](auto&, auto&, auto& l) { l.l1 = {1e-8, 1.2, 2}; }});
  Built built(c);
  const at::Tensor coefficient = built.initialiser.states[1].value;
  Routing routing;
  routing.alpha = at::zeros({10, 4}, at::kDouble);
  routing.load = at::tensor({9., 9., 2., 1.}, at::kDouble);  // 2.1 a token
  built.layer.update_state(routing, c.router, c.losses);
  EXPECT_NEAR(coefficient.item<double>(), 1.2e-8, 1e-20);
  routing.load[0] = 7;  // 1.9
  built.layer.update_state(routing, c.router, c.losses);
  EXPECT_NEAR(coefficient.item<double>(), 1e-8, 1e-20);
}

TEST(HashLogits, AreOneHotFixedAndOfTheLayer) {
  const at::Tensor ids = at::arange(1000, at::kLong);
  const at::Tensor a = hash_logits(ids, 0, 7, at::kDouble), b = hash_logits(ids, 1, 7, at::kDouble);
  EXPECT_TRUE(at::equal(a.sum(1), at::ones({1000}, at::kDouble)));
  EXPECT_TRUE(at::equal(a, hash_logits(ids, 0, 7, at::kDouble)));
  EXPECT_NEAR((a * b).sum().item<double>() / 1000, 1. / 7, .06);  // layers agree by chance only
  EXPECT_NEAR(a.sum(0).max().item<double>(), 1000. / 7, 45);
}

}  // namespace
}  // namespace tessera
