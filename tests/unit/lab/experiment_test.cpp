// The experiment's table, and what ranges can't say.
#include "core/experiment.h"

#include <gtest/gtest.h>

#include "core/lab/preset.h"

namespace tessera {
namespace {

class Combinations : public testing::Test {
 protected:
  template <class T>
  void set(const char* path, T value) {
    const auto problems = parameters_.set(path, Value(value));
    ASSERT_TRUE(problems.empty()) << problems[0].text();
  }
  void set(const char* path, const char* value) { set(path, std::string(value)); }
  std::vector<Problem> problems() { return check_combinations(parameters_); }
  Parameters parameters_{experiment_parameters()};
};

TEST_F(Combinations, TheDefaultsFitTogether) { EXPECT_TRUE(problems().empty()); }

TEST_F(Combinations, KMustNotExceedTheExperts) {
  set("model.router.k", std::int64_t{9});
  ASSERT_EQ(problems().size(), 1u) << "once, not once a layer";
  EXPECT_EQ(problems()[0].where, "model.router.k");
  EXPECT_EQ(problems()[0].found, "9");
  EXPECT_EQ(problems()[0].allowed, "1 to 8, as model.experts.count has it");
  set("model.router.selection", "dense");
  EXPECT_TRUE(problems().empty()) << "dense has no k";
}

TEST_F(Combinations, KAndExpertsOfSingleLayers) {
  set("model.layer2.experts.count", std::int64_t{1});
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.router.k");
  EXPECT_EQ(problems()[0].allowed, "1 to 1, as model.layer2.experts.count has it");
  set("model.layer2.router.k", std::int64_t{1});
  EXPECT_TRUE(problems().empty());
  set("model.layer0.router.k", std::int64_t{20});
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.layer0.router.k");
}

TEST_F(Combinations, TilesMustFitTheClasses) {
  set("model.head.tiles.count", std::int64_t{11});
  EXPECT_TRUE(problems().empty()) << "the head is linear";
  set("model.head.kind", "tiles");
  for (const char* layout : {"contiguous", "random_exclusive"}) {
    set("model.head.tiles.layout", layout);
    ASSERT_EQ(problems().size(), 1u) << layout;
    EXPECT_EQ(problems()[0].where, "model.head.tiles.count");
  }
  set("model.head.tiles.count", std::int64_t{10});
  EXPECT_TRUE(problems().empty());
}

TEST_F(Combinations, ARegulatorMustHaveSomethingToMove) {
  set("model.experts.kind", "subspace");
  set("learn.regulator.kind", "ucb");
  set("learn.regulator.controls", "penalty");
  EXPECT_TRUE(problems().empty());
  set("model.subspaces.metabolic", 0.);
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "learn.regulator.controls");
  EXPECT_NE(problems()[0].allowed.find("model.subspaces.metabolic"), std::string::npos);
  set("model.layer3.subspaces.metabolic", 0.1);
  EXPECT_TRUE(problems().empty());
  set("learn.regulator.controls", "quota");
  set("model.subspaces.picking", "all");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_NE(problems()[0].allowed.find("model.subspaces.picking"), std::string::npos);
  set("learn.regulator.controls", "all");
  EXPECT_TRUE(problems().empty()) << "the temperature is left";
  set("learn.regulator.controls", "penalty");
  EXPECT_TRUE(problems().empty());
  set("model.subspaces.alpha.frozen", true);
  EXPECT_EQ(problems().size(), 1u);
}

TEST_F(Combinations, DimensionsThatAllShareAreNotProbed) {
  set("model.experts.kind", "subspace");
  set("model.subspaces.picking", "all");
  EXPECT_TRUE(problems().empty());
  set("measure.dimension_probe", true);
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.subspaces.picking");
  set("model.subspaces.picking", "top_rank");
  EXPECT_TRUE(problems().empty());
  set("model.subspaces.rank", std::int64_t{512});
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.subspaces.rank");
}

TEST_F(Combinations, BlocksOfEachLayerAreLookedAt) {
  set("model.experts.kind", "block_sparse");
  set("model.experts.blocks.size", std::int64_t{48});
  ASSERT_EQ(problems().size(), 1u) << "once, not once a layer";
  set("model.layer1.experts.blocks.size", std::int64_t{24});
  ASSERT_EQ(problems().size(), 2u);
  EXPECT_EQ(problems()[1].where, "model.layer1.experts.blocks.size");
}

TEST_F(Combinations, TasksAtOnceAreAListAndHaveOneHead) {
  set("task.kind", "multitask");
  EXPECT_TRUE(problems().empty());
  set("model.head.kind", "tiles");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.head.kind");
  set("model.head.kind", "linear");
  set("task.multitask.tasks", "mnist, weather");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "task.multitask.tasks");
  set("task.kind", "interference");
  EXPECT_TRUE(problems().empty());
  set("model.head.kind", "tiles");
  set("model.head.tiles.count", std::int64_t{1});
  set("model.head.route_by_label", true);
  set("learn.combine", "pcgrad");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "learn.combine");
}

TEST_F(Combinations, BlocksDivideTheMatrices) {
  set("model.experts.kind", "block_sparse");
  EXPECT_TRUE(problems().empty());
  for (const std::int64_t size : {12, 40, 128}) {
    set("model.experts.blocks.size", size);
    ASSERT_EQ(problems().size(), 1u) << size;
    EXPECT_EQ(problems()[0].where, "model.experts.blocks.size");
  }
  set("model.experts.blocks.size", std::int64_t{64});
  EXPECT_TRUE(problems().empty());
  set("model.layer1.experts.hidden", std::int64_t{72});
  EXPECT_EQ(problems().size(), 1u);
}

TEST_F(Combinations, SubspacesHaveRoomInTheirBackbone) {
  set("model.experts.kind", "subspace");
  set("model.subspaces.backbone", std::int64_t{8});
  set("model.experts.count", std::int64_t{16});
  EXPECT_TRUE(problems().empty());
  set("model.subspaces.alpha.kind", "expert_by_expert");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.subspaces.backbone");
  set("model.subspaces.backbone", std::int64_t{16});
  EXPECT_TRUE(problems().empty());
  set("model.subspaces.rank", std::int64_t{17});
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.subspaces.rank");
  set("model.subspaces.picking", "all");
  EXPECT_TRUE(problems().empty()) << "which has no quota";
}

TEST_F(Combinations, AHashDoesNotHearTheTask) {
  set("task.kind", "interference");
  set("model.router.logits.kind", "hash");
  set("model.router.k", std::int64_t{1});
  EXPECT_TRUE(problems().empty());
  set("model.router.task.ratio", 0.5);
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.router.task.ratio");
}

TEST_F(Combinations, OverlappingTilesMustCoverTheClasses) {
  set("model.head.kind", "tiles");
  set("model.head.tiles.layout", "overlapping");
  set("model.head.tiles.count", std::int64_t{3});
  set("model.head.tiles.classes_per_tile", std::int64_t{3});
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.head.tiles.classes_per_tile");
  EXPECT_TRUE(problems()[0].allowed.starts_with("4 to 10")) << problems()[0].allowed;
  set("model.head.tiles.classes_per_tile", std::int64_t{4});
  EXPECT_TRUE(problems().empty());
  set("model.head.tiles.classes_per_tile", std::int64_t{11});
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_TRUE(problems()[0].allowed.starts_with("1 to 10")) << problems()[0].allowed;
}

TEST_F(Combinations, ATileOfOneClassCannotLearnByLabel) {
  set("model.head.kind", "tiles");
  set("model.head.tiles.count", std::int64_t{6});  // of 1 and 2 classes
  EXPECT_TRUE(problems().empty());
  set("model.head.route_by_label", true);
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.head.route_by_label");
  set("model.head.tiles.count", std::int64_t{5});
  EXPECT_TRUE(problems().empty());
}

TEST_F(Combinations, CustomGroupsMustBeGroups) {
  set("measure.custom_groups", "nonsense");
  EXPECT_TRUE(problems().empty()) << "not in use";
  set("measure.groups", "custom");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "measure.custom_groups");
  set("measure.custom_groups", "0-4|5-10");
  EXPECT_EQ(problems().size(), 1u);
  set("measure.custom_groups", "0-4|5-9");
  EXPECT_TRUE(problems().empty());
}

TEST_F(Combinations, LanguageHasAttentionAndALinearHead) {
  set("model.attention.heads", std::int64_t{3});
  EXPECT_TRUE(problems().empty()) << "images have none";
  set("task.kind", "language");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.attention.heads");
  EXPECT_EQ(problems()[0].allowed, "a divisor of model.width, which is 64");
  set("model.attention.heads", std::int64_t{8});
  EXPECT_TRUE(problems().empty());
  set("model.head.kind", "tiles");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.head.kind");
}

TEST_F(Combinations, SoftDispatchSeesTheFutureOfText) {
  set("model.router.selection", "soft");
  EXPECT_TRUE(problems().empty()) << "images have no order";
  set("task.kind", "language");
  ASSERT_EQ(problems().size(), 1u) << "once, not once a layer";
  EXPECT_EQ(problems()[0].where, "model.router.selection");
}

TEST_F(Combinations, TextIsRoutedWithoutItsFuture) {
  set("model.router.selection", "expert_choice");
  set("model.router.capacity.train", 1.0);
  set("model.router.capacity.test", 1.0);
  EXPECT_TRUE(problems().empty());
  set("task.kind", "language");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.router.selection");
  set("model.router.selection", "top_k");
  EXPECT_TRUE(problems().empty()) << "by position";
  set("model.router.capacity.order", "priority");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.router.capacity.order");
  set("model.router.capacity.train", 0.0);
  set("model.router.capacity.test", 0.0);
  EXPECT_TRUE(problems().empty()) << "nobody waits where there is no limit";
}

TEST_F(Combinations, SlotsMixWhatExpertsAreGiven) {
  set("model.router.selection", "soft");
  set("model.experts.zero.count", std::int64_t{2});
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0].where, "model.experts.zero.count");
}

TEST_F(Combinations, ProblemsAreReportedTogether) {
  set("model.router.k", std::int64_t{9});
  set("measure.groups", "custom");
  EXPECT_EQ(problems().size(), 2u);
}

TEST(ExperimentParameters, AreExplained) {
  for (const ParameterSpec& spec : experiment_parameters().specs()) {
    EXPECT_GE(spec.help.size(), 15u) << spec.path;
    EXPECT_TRUE(spec.help.ends_with(".")) << spec.path;
  }
}

TEST(ShippedPresets, AreValidAndSayWhatTheyAre) {
  const auto files = find_presets("presets");
  int specialize = 0;
  for (const PresetFile& file : files) {
    const auto preset = load_preset(file.path, experiment_parameters(), check_combinations);
    ASSERT_TRUE(preset) << preset.problems[0].text();
    EXPECT_FALSE(preset.value->title.empty() || preset.value->about.empty() || preset.value->watch.empty())
        << file.name;
    EXPECT_GT(preset.value->minutes, 0) << file.name;
    specialize += file.topic == "specialize" ? 1 : 0;
  }
  EXPECT_GE(specialize, 5);
}

}  // namespace
}  // namespace tessera
