// Each piece of a router with each other one: a pair is refused with a reason, or it routes and trains.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/experiment.h"
#include "core/moe/moe_layer.h"

namespace tessera {
namespace {

constexpr std::int64_t tokens = 12, width = 6, experts = 8;

struct Piece {
  std::string path;
  Value value;
};

// Every choice and switch of a router, and of its numbers those that turn something on.
std::vector<Piece> pieces() {
  std::vector<Piece> all = {{"temperature", 0.5},
                            {"k", std::int64_t{1}},
                            {"k", std::int64_t{5}},
                            {"threshold", 0.3},
                            {"slots", std::int64_t{2}},
                            {"groups.count", std::int64_t{4}},
                            {"groups.kept", std::int64_t{2}},
                            {"second.threshold", 0.9},
                            {"scale", 2.5},
                            {"input.jitter", 0.1},
                            {"capacity.train", 1.0},
                            {"capacity.test", 1.0},
                            {"capacity.tokens", std::int64_t{3}},
                            {"capacity.minimum", std::int64_t{4}}};
  for (const ParameterSpec& spec : experiment_parameters().specs()) {
    if (!spec.path.starts_with("model.router.")) continue;
    const std::string name = spec.path.substr(std::string("model.router.").size());
    if (spec.kind == Kind::boolean) all.push_back({name, true});
    for (const std::string& choice : spec.choices) all.push_back({name, choice});
  }
  return all;
}

Parameters with(const std::vector<Piece>& set) {
  Parameters parameters(experiment_parameters());
  parameters.set("model.experts.count", experts);
  parameters.set("model.experts.hidden", std::int64_t{4});
  for (const Piece& piece : set) {
    EXPECT_TRUE(parameters.set("model.router." + piece.path, piece.value).empty()) << piece.path;
  }
  return parameters;
}

void trains(const Parameters& parameters) {
  const auto router = parameters.load<RouterParameters>("model.router", 0);
  Initialiser initialiser{3, at::kDouble};
  MoeLayer layer(0, width, parameters.load<ExpertParameters>("model.experts", 0), router, initialiser);
  const RouterLossParameters losses{.1, .2, "switch", .3, .4, {.5, 1.2, 2}};
  const at::Tensor x = at::randn({tokens, width}, at::detail::createCPUGenerator(1), at::kDouble).requires_grad_();
  TokenContext context;
  context.training = true;
  context.sequence_length = 4;
  context.ids = at::arange(tokens, at::kLong);
  auto output = layer.forward(x, x, router, losses, context);
  (output.y.square().sum() + output.losses.sum()).backward();
  const at::Tensor& alpha = output.routing.alpha;
  EXPECT_EQ(alpha.sizes(), at::IntArrayRef({tokens, experts}));
  for (const at::Tensor& finite : {output.y, output.losses, x.grad(), alpha}) {
    EXPECT_TRUE(finite.isfinite().all().item<bool>());
  }
  for (const Weight& weight : initialiser.weights) {
    if (!weight.value.grad().defined()) continue;
    EXPECT_TRUE(weight.value.grad().isfinite().all().item<bool>()) << weight.name;
  }
  layer.update_state(output.routing, router, losses);
  const at::Tensor chosen = (alpha != 0).sum(1);
  if (router.selection == "top_k") {
    EXPECT_LE(chosen.max().item<std::int64_t>(), router.k);
  }
  if (router.selection == "winner_take_all") {
    EXPECT_LE(chosen.max().item<std::int64_t>(), 1);
    EXPECT_TRUE(((alpha == 0) | ((alpha - router.scale).abs() < 1e-12)).all().item<bool>());
  }
  if (router.selection == "soft") {
    EXPECT_EQ(chosen.min().item<std::int64_t>(), experts);
  }
}

TEST(RouterPairs, GoTogetherOrAreRefusedWithAReason) {
  const std::vector<Piece> all = pieces();
  int trained = 0, refused = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i; j < all.size(); ++j) {
      if (j > i && all[i].path == all[j].path) continue;
      SCOPED_TRACE(all[i].path + " = " + to_string(all[i].value) + ", " + all[j].path + " = " +
                   to_string(all[j].value));
      const Parameters parameters = with({all[i], all[j]});
      const auto problems = check_combinations(parameters);
      for (const Problem& problem : problems) {
        EXPECT_TRUE(problem.where.starts_with("model.router.")) << problem.text();
        EXPECT_FALSE(problem.found.empty() || problem.allowed.empty()) << problem.text();
      }
      if (!problems.empty()) {
        ++refused;
        continue;
      }
      ASSERT_NO_THROW(trains(parameters));
      ++trained;
    }
  }
  EXPECT_GT(trained, 2 * refused) << "of " << trained + refused;
}

}  // namespace
}  // namespace tessera
