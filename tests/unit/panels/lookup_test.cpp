// Finding metrics, and what panels compute from matrices.
#include "app/panels/lookup.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tessera {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

MetricSpec spec(std::string family, int layer, int rank) {
  MetricSpec spec;
  spec.family = std::move(family);
  spec.layer = layer;
  spec.rank = rank;
  return spec;
}

Description description() {
  Description d;
  d.metrics = {spec("loss", -1, 0),           spec("overlap", 0, 0),       spec("overlap", 0, 2),
               spec("overlap", 1, 2),         spec("conflict", -1, 2),     spec("conflict", 0, 2),
               spec("conflict_router", 0, 2), spec("conflict_rate", 0, 0), spec("conflicts", 0, 2)};
  return d;
}

Matrix matrix(int rows, int columns, std::vector<float> values) { return {0, rows, columns, std::move(values)}; }

TEST(Lookup, FamiliesByPrefixAreWholeWords) {
  EXPECT_EQ(matrix_families(description(), "conflict"), (std::vector<std::string>{"conflict", "conflict_router"}));
  EXPECT_EQ(matrix_families(description(), "overlap"), (std::vector<std::string>{"overlap"}));
  EXPECT_TRUE(matrix_families(description(), "loss").empty());
}

TEST(Lookup, ScalarFamiliesInTheirOrder) {
  EXPECT_EQ(scalar_families(description()), (std::vector<std::string>{"loss", "overlap", "conflict_rate"}));
}

TEST(Lookup, AMetricIsFamilyLayerAndRank) {
  EXPECT_EQ(find_metric(description(), "overlap", 0, 2), 2u);
  EXPECT_EQ(find_metric(description(), "overlap", 0, 0), 1u);
  EXPECT_EQ(find_metric(description(), "conflict", -1, 2), 4u);
  EXPECT_FALSE(find_metric(description(), "overlap", 2, 2));
}

TEST(Lookup, AFamilyIsCalledAsItsMetricsAreWithoutTheLayer) {
  Description d;
  d.layer_names = {"layer 0", "tiles"};
  const auto add = [&d](const char* family, int layer, const char* title) {
    d.metrics.push_back(spec(family, layer, 0));
    d.metrics.back().title = title;
  };
  add("load_cv", 0, "load CV, layer 0");
  add("load_cv", 1, "load CV, tiles");
  add("accuracy", -1, "train accuracy");
  add("accuracy", -1, "test accuracy");
  add("rate", -1, "learning rate");
  EXPECT_EQ(family_title(d, "load_cv"), "load CV");
  EXPECT_EQ(family_title(d, "accuracy"), "accuracy");
  EXPECT_EQ(family_title(d, "rate"), "learning rate");
  EXPECT_EQ(family_title(d, "not_there"), "not there");
}

TEST(Lookup, NewestIsNullUntilThereIsOne) {
  Snapshot snapshot;
  snapshot.matrices = {nullptr, std::make_shared<Matrix>(matrix(1, 1, {2}))};
  EXPECT_EQ(newest(snapshot, 0), nullptr);
  ASSERT_NE(newest(snapshot, 1), nullptr);
  EXPECT_EQ(newest(snapshot, 1)->at(0, 0), 2);
  EXPECT_EQ(newest(snapshot, 7), nullptr);
  EXPECT_EQ(newest(snapshot, std::nullopt), nullptr);
}

TEST(Matrices, MeanOverTheOthersLeavesDeadExpertsAndItselfOut) {
  // Expert 1 is dead. By hand: (0.2 + 0.6) / 2, none, (0.2 + 0.4) / 2, (0.6 + 0.4) / 2.
  const Matrix pairs = matrix(4, 4,
                              {1, nan, 0.2f, 0.6f,  //
                               nan, nan, nan, nan,  //
                               0.2f, nan, 1, 0.4f,  //
                               0.6f, nan, 0.4f, 1});
  const std::vector<float> means = row_means_without_diagonal(pairs);
  EXPECT_FLOAT_EQ(means[0], 0.4f);
  EXPECT_TRUE(std::isnan(means[1]));
  EXPECT_FLOAT_EQ(means[2], 0.3f);
  EXPECT_FLOAT_EQ(means[3], 0.5f);
  EXPECT_EQ(empty_rows(pairs), (std::vector<bool>{false, true, false, false}));
}

TEST(Matrices, TheLastExpertAliveHasNobodyToOverlapWithButIsNotDead) {
  const Matrix pairs = matrix(2, 2, {1, nan, nan, nan});
  EXPECT_TRUE(std::isnan(row_means_without_diagonal(pairs)[0]));
  EXPECT_EQ(empty_rows(pairs), (std::vector<bool>{false, true}));
  EXPECT_EQ(lone_rows(pairs), (std::vector<bool>{true, false}));
  EXPECT_EQ(lone_rows(matrix(2, 2, {1, 0.5f, 0.5f, 1})), (std::vector<bool>{false, false}));
}

TEST(Matrices, SharesOfRowsAndColumns) {
  const Matrix routed = matrix(3, 2, {1, 0, nan, nan, 3, 0});
  EXPECT_EQ(row_shares(routed), (std::vector<float>{0.25f, 0, 0.75f}));
  EXPECT_EQ(column_shares(routed), (std::vector<float>{0.25f, 0, 0, 0, 0.75f, 0}));
  EXPECT_EQ(row_shares(matrix(2, 1, {0, nan})), (std::vector<float>{0, 0}));
}

TEST(Joined, NamesTheSharedWordOnce) {
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"expert 3"}), "expert 3");
  EXPECT_EQ(joined({"expert 3", "expert 5", "expert 17"}), "expert 3, 5 and 17");
  EXPECT_EQ(joined({"left", "right"}), "left and right");
}

}  // namespace
}  // namespace tessera
