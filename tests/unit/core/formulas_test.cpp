// The metrics' formulas against values worked out by hand or by other programs.
#include "core/measure/formulas.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tessera {
namespace {

at::Tensor rows(std::initializer_list<std::initializer_list<double>> values) {
  std::vector<double> flat;
  for (const auto& row : values) flat.insert(flat.end(), row);
  return at::tensor(flat, at::kDouble).view({static_cast<std::int64_t>(values.size()), -1});
}

// Softmax of the golden logits [[2,1,0,-1],[0,2,1,-1],[1,0,3,0],[.5,.5,-.5,1.5]]; the figures come from a reference
// implementation in Python.
at::Tensor golden() { return at::softmax(rows({{2, 1, 0, -1}, {0, 2, 1, -1}, {1, 0, 3, 0}, {.5, .5, -.5, 1.5}}), 1); }
at::Tensor golden_counts() { return at::tensor({3, 2, 2, 1}, at::kDouble); }

TEST(Formulas, EntropiesOfTheGoldenVector) {
  EXPECT_NEAR(mean_entropy(golden()), .9328896, 1e-7);
  EXPECT_NEAR(entropy_of_mean(golden()), 1.3607556, 1e-7);
  EXPECT_NEAR(mutual_information(golden()), .4278660, 1e-7);
}

TEST(Formulas, EntropiesByHand) {
  EXPECT_NEAR(mean_entropy(rows({{.6, .3, .1, 0}})), .8979, 5e-5);
  EXPECT_NEAR(mean_entropy(rows({{.9, .1}})), .3251, 5e-5);
  EXPECT_NEAR(mean_entropy(rows({{.5, .5, 0}})), std::log(2), 1e-12);
  EXPECT_EQ(mean_entropy(rows({{0, 1, 0}, {1, 0, 0}})), 0);
  // Decided tokens on different experts: no entropy each, ln 2 together.
  EXPECT_NEAR(mutual_information(rows({{1, 0}, {0, 1}})), std::log(2), 1e-12);
  EXPECT_NEAR(mutual_information(rows({{.3, .7}, {.3, .7}})), 0, 1e-12);
}

TEST(Formulas, RowsAreDividedByTheirSumAndEmptyOnesLeftOut) {
  EXPECT_NEAR(mean_entropy(rows({{.09, .01}})), .3251, 5e-5);
  EXPECT_NEAR(mean_entropy(rows({{.9, .1}, {0, 0}, {9, 1}})), .3251, 5e-5);
  EXPECT_NEAR(entropy_of_mean(rows({{3, 0}, {0, 0}, {0, .5}})), std::log(2), 1e-12);
  EXPECT_TRUE(std::isnan(mean_entropy(rows({{0, 0}}))));
}

TEST(Formulas, LoadOfTheGoldenVector) {
  EXPECT_DOUBLE_EQ(max_vio(golden_counts()), .5);
  EXPECT_NEAR(load_cv(golden_counts()), .3535534, 1e-7);
  EXPECT_EQ(dead_experts(golden_counts()), 0);
}

TEST(Formulas, LoadByHand) {
  const at::Tensor one_has_it_all = at::tensor({0, 12, 0, 0}, at::kDouble);
  EXPECT_DOUBLE_EQ(max_vio(one_has_it_all), 3);
  EXPECT_NEAR(load_cv(one_has_it_all), std::sqrt(3), 1e-12);
  EXPECT_DOUBLE_EQ(dead_experts(one_has_it_all), .75);
  const at::Tensor even = at::full({5}, 7, at::kDouble);
  EXPECT_EQ(max_vio(even), 0);
  EXPECT_EQ(load_cv(even), 0);
}

TEST(Formulas, CouplingByHand) {
  // Softmax of p = (.75, .25): p q (1, -1; -1, 1). A sigmoid: on the diagonal only. Sums are over tokens, too.
  const at::Tensor softmax = at::tensor({.1875, -.1875, -.1875, .1875}, at::kDouble).view({1, 2, 2});
  const at::Tensor sigmoid = at::tensor({.2, 0., 0., .05}, at::kDouble).view({1, 2, 2});
  EXPECT_DOUBLE_EQ(coupling(softmax), .5);
  EXPECT_EQ(coupling(sigmoid), 0);
  EXPECT_DOUBLE_EQ(coupling(at::cat({softmax, sigmoid})), .375);
  EXPECT_TRUE(std::isnan(coupling(at::zeros({3, 2, 2}, at::kDouble))));
}

// Expert 0 serves classes 0 and 1 as 3:1, expert 1 only class 1, expert 2 nothing, expert 3 as 0 does, but less.
at::Tensor routed() { return rows({{3, 1, 0}, {0, 5, 0}, {0, 0, 0}, {.3, .1, 0}}); }

TEST(Formulas, OverlapByHand) {
  const at::Tensor pairs = overlap_pairs(routed());
  EXPECT_NEAR(pairs[0][1].item<double>(), .25, 1e-12);  // min(3/4, 0) + min(1/4, 1)
  EXPECT_NEAR(pairs[1][0].item<double>(), .25, 1e-12);
  EXPECT_NEAR(pairs[0][3].item<double>(), 1, 1e-12);
  EXPECT_NEAR(pairs[1][1].item<double>(), 1, 1e-12);
  for (int j = 0; j < 4; ++j) {
    EXPECT_TRUE(std::isnan(pairs[2][j].item<double>()));
    EXPECT_TRUE(std::isnan(pairs[j][2].item<double>()));
  }
  EXPECT_NEAR(mean_of_pairs(pairs), (.25 + 1 + .25) / 3, 1e-12);
}

TEST(Formulas, OverlapNeedsTwoLivingExperts) {
  EXPECT_TRUE(std::isnan(mean_of_pairs(overlap_pairs(rows({{1, 2}, {0, 0}})))));
  EXPECT_TRUE(std::isnan(mean_of_pairs(overlap_pairs(rows({{1, 2}})))));
  EXPECT_EQ(mean_of_pairs(overlap_pairs(rows({{1, 0}, {0, 4}}))), 0);
}

TEST(Formulas, RoutingSharesSumToOneAndMarkTheDead) {
  const at::Tensor shares = routing_shares(routed());
  EXPECT_NEAR(shares.nansum().item<double>(), 1, 1e-12);
  EXPECT_NEAR(shares[1][1].item<double>(), 5 / 9.4, 1e-12);
  EXPECT_EQ(shares[0][2].item<double>(), 0);
  EXPECT_TRUE(shares[2].isnan().all().item<bool>());
}

TEST(Formulas, CoactivationByHand) {
  // Tokens {0,1}, {0,1}, {0}, {1,2}; nobody chose 3.
  const at::Tensor shares = coactivation(rows({{3, 2, 0, 0}, {2, 3, 1, 0}, {0, 1, 1, 0}, {0, 0, 0, 0}}));
  EXPECT_NEAR(shares[0][1].item<double>(), 2. / 3, 1e-12);
  EXPECT_NEAR(shares[1][2].item<double>(), 1. / 3, 1e-12);
  EXPECT_NEAR(shares[2][1].item<double>(), 1, 1e-12);
  EXPECT_EQ(shares[0][2].item<double>(), 0);
  EXPECT_EQ(shares[1][1].item<double>(), 1);
  EXPECT_TRUE(shares[3].isnan().all().item<bool>());
  EXPECT_TRUE(shares.select(1, 3).isnan().all().item<bool>());
}

TEST(Formulas, DroppedByHand) {
  const at::Tensor dropped = at::tensor({0, 1, 0, 0, 0, 1}, at::kInt).view({2, 3}).to(at::kBool);
  EXPECT_EQ(dropped_share(dropped, rows({{.5, 0, .5}, {-.5, 0, 0}})), 0.4);  // two of five
  EXPECT_TRUE(std::isnan(dropped_share(at::zeros({2, 3}, at::kBool), rows({{0, 0, 0}, {0, 0, 0}}))));
}

// Weights below 0: a token's share of an expert is by their magnitude, as the gate has it.
TEST(Formulas, EntropiesOfSignedRows) {
  EXPECT_NEAR(mean_entropy(rows({{1, -1, 0}})), std::log(2.), 1e-12);
  EXPECT_NEAR(mean_entropy(rows({{2, -1, 1}})), 1.5 * std::log(2.), 1e-12);
}

TEST(Formulas, ConflictByHand) {
  const at::Tensor gradients = rows({{-4, 1, 1}, {6, 1, 1}, {0, 0, 0}, {-8, 2, 2}});
  const at::Tensor gram = at::mm(gradients, gradients.t());
  const at::Tensor cosine = cosines(gram);
  EXPECT_NEAR(cosine[0][1].item<double>(), -.841191, 1e-6);  // torchjd's tests
  EXPECT_NEAR(cosine[0][3].item<double>(), 1, 1e-12);
  EXPECT_EQ(cosine[1][1].item<double>(), 1);
  EXPECT_TRUE(cosine[2].isnan().all().item<bool>());
  EXPECT_NEAR(conflict_rate(gram), 2. / 3, 1e-12);  // pairs (0,1), (0,3), (1,3)
}

TEST(Formulas, ConflictRateAtItsEnds) {
  const auto rate = [](const at::Tensor& gradients) { return conflict_rate(at::mm(gradients, gradients.t())); };
  EXPECT_EQ(rate(rows({{1, 0}, {0, 1}})), 0);  // orthogonal is no conflict
  EXPECT_EQ(rate(rows({{1, 0}, {-1, 0}})), 1);
  EXPECT_TRUE(std::isnan(rate(rows({{1, 0}, {0, 0}}))));
}

}  // namespace
}  // namespace tessera
