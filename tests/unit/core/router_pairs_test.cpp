// Each piece of a router with each other one: a pair is refused with a reason, or it routes and trains.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "core/experiment.h"
#include "core/moe/moe_layer.h"

namespace tessera {
namespace {

constexpr std::int64_t tokens = 12, width = 6, experts = 8;

struct Setting {
  std::string path;
  Value value;
};
// A value of a parameter, with what it needs to make a difference.
struct Piece {
  std::string name;
  std::vector<Setting> settings;
};

std::vector<Setting> prerequisites(const std::string& path, const std::string& value) {
  if (path == "second.threshold") return {{"second.policy", std::string("random")}};
  if (path.starts_with("groups.") && path != "groups.count") {
    return {{"groups.count", std::int64_t{4}}, {"groups.kept", std::int64_t{2}}};
  }
  if (path.starts_with("bias.") && path != "bias.update") return {{"bias.update", std::string("sign")}};
  if (path.starts_with("capacity.") && path != "capacity.train") return {{"capacity.train", 1.0}};
  if (path == "threshold") return {{"selection", std::string("threshold")}};
  if (path == "slots") return {{"selection", std::string("soft")}};
  if (value == "expert_choice") return {{"capacity.train", 1.0}, {"capacity.test", 1.0}};
  if (value == "hash") return {{"k", std::int64_t{1}}};
  return {};
}

// Every choice and switch of a router, and of its numbers those that turn something on.
std::vector<Piece> pieces() {
  std::vector<Setting> all = {{"temperature", 0.5},
                              {"k", std::int64_t{1}},
                              {"k", std::int64_t{5}},
                              {"threshold", 0.3},
                              {"slots", std::int64_t{2}},
                              {"groups.count", std::int64_t{4}},
                              {"groups.kept", std::int64_t{1}},
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
  std::vector<Piece> made;
  for (const Setting& setting : all) {
    Piece piece{setting.path + " = " + to_string(setting.value), prerequisites(setting.path, to_string(setting.value))};
    piece.settings.push_back(setting);
    made.push_back(std::move(piece));
  }
  return made;
}

// What both need, then what they are; nothing when they want different values of one parameter.
std::optional<Parameters> with(const Piece& one, const Piece& other) {
  Parameters parameters(experiment_parameters());
  parameters.set("model.experts.count", experts);
  parameters.set("model.experts.hidden", std::int64_t{4});
  std::map<std::string, Value> set;
  for (const Piece* piece : {&one, &other}) {
    for (const Setting& setting : piece->settings) {
      const auto [at, added] = set.emplace(setting.path, setting.value);
      if (!added && at->second != setting.value) return {};
      EXPECT_TRUE(parameters.set("model.router." + setting.path, setting.value).empty()) << setting.path;
    }
  }
  return parameters;
}

void trains(const Parameters& parameters) {
  const auto router = parameters.load<RouterParameters>("model.router", 0);
  Initialiser initialiser{3, at::kDouble};
  const auto bank = parameters.load<ExpertParameters>("model.experts", 0);
  const SubspaceParameters subspaces;
  MoeLayer layer(0, width, bank, subspaces, router, 1, initialiser);
  for (const ModelState& state : initialiser.states) {  // the bias of the selection, and the coefficient of L1
    state.value.copy_(at::linspace(-.1, .2, state.value.numel(), at::kDouble).view(state.value.sizes()));
  }
  const RouterLossParameters losses{.1, .2, "switch", .3, .4, {.5, 1.2, 2}};
  const at::Tensor x = at::randn({tokens, width}, at::detail::createCPUGenerator(1), at::kDouble).requires_grad_();
  TokenContext context;
  context.training = true;
  context.sequence_length = 4;
  context.ids = at::arange(tokens, at::kLong);
  auto output = layer.forward(x, x, router, losses, subspaces, context);
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
  const bool limited = router.capacity.train > 0 || router.capacity.tokens > 0;
  if (router.selection == "top_k") {
    EXPECT_LE(chosen.max().item<std::int64_t>(), router.k);
  }
  if (router.selection == "winner_take_all") {
    EXPECT_TRUE(((alpha == 0) | ((alpha - router.scale).abs() < 1e-12)).all().item<bool>());
    EXPECT_LE(chosen.max().item<std::int64_t>(), 1);
    if (!limited) {
      EXPECT_EQ(chosen.min().item<std::int64_t>(), 1);
    }
  }
  if (router.selection == "soft") {
    EXPECT_EQ(chosen.min().item<std::int64_t>(), experts);
  }
  const auto most = (alpha != 0).sum(0).max().item<std::int64_t>();
  if (limited && router.capacity.of == "batch" && router.capacity.minimum == 0) {
    const std::int64_t room = router.capacity.tokens > 0         ? router.capacity.tokens  // else 12 / 8, rounded
                              : router.capacity.rounding == "up" ? 2
                                                                 : 1;
    EXPECT_LE(most, room);
  }
  if (tokens_choose(router) && router.groups.count > 1 && router.groups.others == "minus_infinity") {
    const at::Tensor groups = (alpha != 0).view({tokens, router.groups.count, -1}).any(2).sum(1);
    EXPECT_LE(groups.max().item<std::int64_t>(), router.groups.kept);
  }
  if (router.selection == "threshold" && router.bias.update == "none" && router.groups.count == 1) {
    EXPECT_TRUE((output.routing.scores.masked_select(alpha != 0) > router.threshold).all().item<bool>());
  }
}

TEST(RouterPairs, GoTogetherOrAreRefusedWithAReason) {
  const std::vector<Piece> all = pieces();
  int trained = 0;
  std::set<std::string> refused;  // the parameters that are named
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i; j < all.size(); ++j) {
      const auto parameters = with(all[i], all[j]);
      if (!parameters) continue;
      SCOPED_TRACE(all[i].name + ", " + all[j].name);
      const auto problems = check_combinations(*parameters);
      for (const Problem& problem : problems) {
        EXPECT_TRUE(problem.where.starts_with("model.router.")) << problem.text();
        EXPECT_FALSE(problem.found.empty() || problem.allowed.empty()) << problem.text();
      }
      if (!problems.empty()) {
        refused.insert(problems[0].where.substr(std::string("model.router.").size()));
        continue;
      }
      ASSERT_NO_THROW(trains(*parameters));
      ++trained;
    }
  }
  EXPECT_EQ(refused, (std::set<std::string>{"applies", "bias.to", "bias.update", "capacity.dropped", "capacity.order",
                                            "capacity.tokens", "capacity.train", "k", "normalise", "score",
                                            "second.policy", "selection"}));
  EXPECT_GT(trained, 1500);
}

}  // namespace
}  // namespace tessera
