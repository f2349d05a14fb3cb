// What a Jacobian says, from numbers alone.
#include "app/panels/jacobian_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/lab/route_question.h"

namespace tessera {
namespace {

using Matrix = std::vector<double>;

Matrix softmax_jacobian(const std::vector<double>& p) {
  Matrix j;
  for (std::size_t i = 0; i < p.size(); ++i) {
    for (std::size_t k = 0; k < p.size(); ++k) j.push_back(p[i] * ((i == k ? 1 : 0) - p[k]));
  }
  return j;
}

TEST(JacobianText, SoftmaxIsZeroSum) {
  const Matrix j = softmax_jacobian({0.5, 0.25, 0.25});
  EXPECT_EQ(coupling(j, 3), Coupling::zero_sum);
  EXPECT_EQ(jacobian_sentence(j, 3, 0, "scores"),
            "Scores: if logit 0 rises, expert 0 has +0.25, experts 1 and 2 pay. Columns sum to 0.");
  EXPECT_EQ(jacobian_sentence(j, 3, -1, "scores"), jacobian_sentence(j, 3, 0, "scores")) << "the one that moves most";
}

// Sparsemax over its support; whoever has no weight neither gains nor pays.
TEST(JacobianText, SparsemaxLeavesOutWhoHasNothing) {
  const Matrix j = {0.5, -0.5, 0, -0.5, 0.5, 0, 0, 0, 0};
  EXPECT_EQ(coupling(j, 3), Coupling::zero_sum);
  EXPECT_EQ(jacobian_sentence(j, 3, 1, "scores"),
            "Scores: if logit 1 rises, expert 1 has +0.5, expert 0 pays. Columns sum to 0.");
  EXPECT_EQ(jacobian_sentence(j, 3, 2, "scores"), "Scores: logit 2 moves nobody here. Columns sum to 0.");
}

TEST(JacobianText, SigmoidGoesItsOwnWay) {
  const Matrix j = {0.2, 0, 0, 0.1};
  EXPECT_EQ(coupling(j, 2), Coupling::own);
  EXPECT_EQ(jacobian_sentence(j, 2, 1, "scores"),
            "Scores: if logit 1 rises, expert 1 has +0.1, nobody pays. Each depends on its own logit only.");
}

TEST(JacobianText, NeitherZeroSumNorAlone) {
  const Matrix j = {0.2, -0.1, -0.1, 0.2};
  EXPECT_EQ(coupling(j, 2), Coupling::coupled);
  EXPECT_EQ(jacobian_sentence(j, 2, 0, "weights"),
            "Weights: if logit 0 rises, expert 0 has +0.2, expert 1 pays. The sum changes by +0.1 for 1.");
}

TEST(JacobianText, WhoGainsToo) {
  const Matrix j = {-0.1, 0, 0.1, 0};
  EXPECT_EQ(jacobian_sentence(j, 2, 0, "weights"),
            "Weights: if logit 0 rises, expert 0 has -0.1, expert 1 gains too. Columns sum to 0.");
}

TEST(JacobianText, NothingMoves) {
  const Matrix j(4, 0.0);
  EXPECT_EQ(coupling(j, 2), Coupling::none);
  EXPECT_EQ(strongest_logit(j, 2), -1);
  EXPECT_EQ(jacobian_sentence(j, 2, 1, "weights"), "No logit moves the weights here.");
}

TEST(JacobianText, ManyAreCounted) {
  const std::vector<double> even(8, 0.125);
  EXPECT_NE(jacobian_sentence(softmax_jacobian(even), 8, 3, "scores").find("7 others pay"), std::string::npos);
}

TEST(JacobianText, RoundingIsNoCoupling) {
  const Matrix j = {0.2, 1e-12, -1e-12, 0.1};
  EXPECT_EQ(coupling(j, 2), Coupling::own);
}

TEST(JacobianText, Entropy) {
  EXPECT_DOUBLE_EQ(entropy_nats(Matrix{0.5, 0.5}), std::log(2.0));
  EXPECT_DOUBLE_EQ(entropy_nats(Matrix{2.5, 2.5, 0}), std::log(2.0));
  EXPECT_NEAR(entropy_nats(Matrix{0.6, 0.3, 0.1, 0}), 0.8979, 1e-4);
  EXPECT_EQ(entropy_nats(Matrix{0, 0}), 0);
}

}  // namespace
}  // namespace tessera
