// Routers of the zoo, taken out of their experiments and fitted to a few experts.
#include "app/panels/fit_router.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/experiment.h"
#include "core/lab/build_info.h"
#include "core/lab/preset.h"

namespace tessera {
namespace {

std::vector<PresetFile> zoo() {
  std::vector<PresetFile> routers;
  for (PresetFile& file : find_presets(std::filesystem::path(source_folder()) / "presets")) {
    if (file.topic == "routers") routers.push_back(std::move(file));
  }
  return routers;
}

Parameters router(const char* name) {
  const auto file = std::filesystem::path(source_folder()) / "presets" / "routers" / (std::string(name) + ".json");
  auto preset = load_preset(file, experiment_parameters(), check_combinations);
  EXPECT_TRUE(preset) << name;
  return preset ? std::move(preset.value->parameters) : Parameters(experiment_parameters());
}

TEST(FitRouter, EveryRouterOfTheZooGoesWithAnyNumberOfExperts) {
  const auto routers = zoo();
  EXPECT_GE(routers.size(), 20u);
  for (const PresetFile& file : routers) {
    auto preset = load_preset(file.path, experiment_parameters(), check_combinations);
    ASSERT_TRUE(preset) << file.name;
    for (const int experts : {2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 64, 256}) {
      const FittedRouter fitted = fit_router(router_alone(preset.value->parameters, 0), experts);
      for (const Problem& problem : check_combinations(fitted.parameters)) {
        ADD_FAILURE() << file.name << " with " << experts << ": " << problem.text();
      }
      EXPECT_EQ(fitted.parameters.integer("model.experts.count"), experts);
    }
  }
}

TEST(FitRouter, SaysWhatIsClamped) {
  const FittedRouter four = fit_router(router("deepseek-v3"), 4);
  EXPECT_EQ(four.parameters.integer("model.router.groups.count"), 2);  // of two experts, whose best two are summed
  EXPECT_EQ(four.parameters.integer("model.router.groups.kept"), 2);
  EXPECT_EQ(four.parameters.integer("model.router.k"), 4);
  EXPECT_EQ(four.notes, std::vector<std::string>{"groups.count 4 → 2"});
  const FittedRouter two = fit_router(router("deepseek-v3"), 2);
  EXPECT_EQ(two.notes, (std::vector<std::string>{"groups.count 4 → 1", "k 4 → 2"}));
  EXPECT_TRUE(fit_router(router("deepseek-v3"), 16).notes.empty());
}

TEST(FitRouter, GroupsAreADivisor) {
  EXPECT_EQ(fit_router(router("deepseek-v2"), 7).parameters.integer("model.router.groups.count"), 1);
  EXPECT_EQ(fit_router(router("deepseek-v2"), 9).parameters.integer("model.router.groups.count"), 3);
  EXPECT_EQ(fit_router(router("deepseek-v3"), 7).parameters.integer("model.router.groups.count"), 1);
}

// The experts of the groups that are kept may be fewer than all.
TEST(FitRouter, KIsWhatTheKeptGroupsHave) {
  Parameters parameters = router("deepseek-v3");
  ASSERT_TRUE(parameters.set("model.router.groups.kept", std::int64_t{1}).empty());
  const FittedRouter fitted = fit_router(parameters, 8);
  EXPECT_EQ(fitted.parameters.integer("model.router.k"), 2);
  EXPECT_TRUE(check_combinations(fitted.parameters).empty());
}

TEST(FitRouter, WhatNeedsOtherTokensIsLeftOut) {
  const FittedRouter switch_ = fit_router(router("switch"), 8);
  EXPECT_EQ(switch_.parameters.real("model.router.capacity.test"), 0);
  EXPECT_EQ(switch_.parameters.real("model.router.input.jitter"), 0);
  const FittedRouter choice = fit_router(router("expert-choice"), 8);
  EXPECT_EQ(choice.parameters.integer("model.router.capacity.tokens"), 1);
  EXPECT_EQ(choice.notes, std::vector<std::string>{"one token: every expert picks it"});
  EXPECT_EQ(fit_router(router("hash"), 8).notes, std::vector<std::string>{"a hash ignores logits"});
}

// Each selection that a person may choose for a router of the zoo goes with the rest of it, as far as that is not
// shown.
TEST(FitRouter, AnotherSelectionGoesWithWhatIsNotShown) {
  for (const char* name : {"deepseek-v3", "deepseek-v2", "llama-4", "switch", "nllb"}) {
    for (const char* selection : {"top_k", "dense", "threshold", "winner_take_all", "expert_choice", "soft"}) {
      Parameters parameters = router(name);
      ASSERT_TRUE(parameters.set("model.router.selection", std::string(selection)).empty());
      for (const Problem& problem : check_combinations(fit_router(parameters, 8).parameters)) {
        const bool soft =
            std::string_view(selection) == "soft";  // only softmax over slots: score and normalise are shown
        const bool shown = problem.where == "model.router.score" || problem.where == "model.router.normalise";
        EXPECT_TRUE(soft && shown) << name << ", " << selection << ": " << problem.text();
      }
    }
  }
}

TEST(FitRouter, ALayersOwnValues) {
  Parameters parameters(experiment_parameters());
  ASSERT_TRUE(parameters.set("model.layer1.router.k", std::int64_t{3}).empty());
  ASSERT_TRUE(parameters.set("model.layer0.router.score", std::string("relu")).empty());
  const Parameters first = router_alone(parameters, 0), second = router_alone(parameters, 1);
  EXPECT_EQ(first.text("model.router.score"), "relu");
  EXPECT_EQ(first.integer("model.router.k"), 2);
  EXPECT_EQ(second.text("model.router.score"), "softmax");
  EXPECT_EQ(second.integer("model.router.k"), 3);
  EXPECT_TRUE(second.overrides().empty());
  EXPECT_EQ(router_alone(parameters, 9).integer("model.router.k"), 2) << "the tiles, say: a layer without a router";
}

TEST(FitRouter, InWords) {
  EXPECT_EQ(router_in_words(router("mixtral")), "softmax, top_k 2");
  EXPECT_EQ(router_in_words(router("deepseek-v3")), "sigmoid, top_k 4, 4 groups");
  EXPECT_EQ(router_in_words(router("sparsemax")), "sparsemax, dense");
}

TEST(FitRouter, ControlsThatMatterToOneToken) {
  const auto shown = [](const char* name) {
    return shapes_one_token(*experiment_parameters().find(std::string("model.") + name));
  };
  for (const char* name : {"router.score", "router.k", "router.temperature", "router.normalise", "router.bias.to",
                           "router.groups.kept", "router.scale", "router.threshold"}) {
    EXPECT_TRUE(shown(name)) << name;
  }
  for (const char* name : {"router.input.jitter", "router.logits.scale", "router.bias.rate", "router.capacity.test",
                           "router.second.policy", "experts.count", "width"}) {
    EXPECT_FALSE(shown(name)) << name;
  }
}

}  // namespace
}  // namespace tessera
