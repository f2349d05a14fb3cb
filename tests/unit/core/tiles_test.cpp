// The mosaic head against its definition, sample by sample.
#include "core/moe/tiles.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "tests/unit/core/finite_differences.h"

namespace tessera {
namespace {

constexpr int width = 4, classes = 5, samples = 6;

class Tiles : public testing::Test {
 protected:
  explicit Tiles(TileLayout layout = {{0, 1, 2}, {2, 3}, {0, 3, 4}})
      : layout_(layout), initialiser_(1, at::kDouble), head_(layout, width, classes, 7, initialiser_) {
    auto generator = at::detail::createCPUGenerator(1);
    x_ = at::randn({samples, width}, generator, at::kDouble);
    labels_ = at::tensor({0, 1, 2, 3, 4, 2}, at::kLong);
  }

  // Logit of class c from tile t for sample s, from the weights: slots lie tile after tile.
  double tile_logit(int s, std::size_t t, int c) {
    int slot = 0;
    for (std::size_t i = 0; i < t; ++i) slot += static_cast<int>(layout_[i].size());
    for (const int own : layout_[t]) {
      if (own == c) break;
      ++slot;
    }
    const at::Tensor weight = initialiser_.weights[0].value, bias = initialiser_.weights[1].value;
    return (at::dot(x_[s], weight.select(1, slot)) + bias[slot]).item<double>();
  }
  bool has(std::size_t t, int c) { return std::find(layout_[t].begin(), layout_[t].end(), c) != layout_[t].end(); }

  TileLayout layout_;
  Initialiser initialiser_;
  MosaicHead head_;
  at::Tensor x_, labels_;
};

TEST_F(Tiles, AverageTheLogitsOfAClass) {
  const at::Tensor logits = head_.forward(x_, {}, {}, false).logits;
  for (int s = 0; s < samples; ++s) {
    for (int c = 0; c < classes; ++c) {
      double sum = 0, owners = 0;
      for (std::size_t t = 0; t < layout_.size(); ++t) {
        if (!has(t, c)) continue;
        sum += tile_logit(s, t, c);
        owners += 1;
      }
      EXPECT_NEAR(logits[s][c].item<double>(), sum / owners, 1e-12);
    }
  }
}

TEST_F(Tiles, LearnByLabelOnlyWithinTheTilesThatHaveIt) {
  double expected = 0;
  for (int s = 0; s < samples; ++s) {
    const int y = static_cast<int>(labels_[s].item<std::int64_t>());
    double sum = 0, owners = 0;
    for (std::size_t t = 0; t < layout_.size(); ++t) {
      if (!has(t, y)) continue;
      double normaliser = 0;
      for (const int c : layout_[t]) normaliser += std::exp(tile_logit(s, t, c));
      sum += std::log(normaliser) - tile_logit(s, t, y);
      owners += 1;
    }
    expected += sum / owners / samples;
  }
  EXPECT_NEAR(head_.forward(x_, labels_, {}, true).loss.item<double>(), expected, 1e-12);
}

TEST_F(Tiles, GradientsByLabelAreThoseOfFiniteDifferences) {
  const auto loss = [&] { return head_.forward(x_, labels_, {}, true).loss; };
  for (const Weight& weight : initialiser_.weights) {
    test::check_gradient(
        weight.name, weight.value, torch::autograd::grad({loss()}, {weight.value})[0],
        [&] { return loss().item<double>(); }, 100);
  }
}

TEST_F(Tiles, ATileWithoutTheLabelLearnsNothingFromTheSample) {
  const at::Tensor loss =
      head_.forward(x_.slice(0, 1, 2), labels_.slice(0, 1, 2), {}, true).loss;  // class 1: tile 0 only
  const at::Tensor gradient = torch::autograd::grad({loss}, {initialiser_.weights[0].value})[0];
  EXPECT_GT(gradient.slice(1, 0, 3).abs().sum().item<double>(), 0);
  EXPECT_EQ(gradient.slice(1, 3, 8).abs().sum().item<double>(), 0);
}

TEST_F(Tiles, OtherwiseLearnFromTheCrossEntropyOfAllClasses) {
  const HeadOutput output = head_.forward(x_, labels_, {}, false);
  EXPECT_NEAR(output.loss.item<double>(), at::cross_entropy_loss(output.logits, labels_).item<double>(), 1e-12);
}

TEST_F(Tiles, TestsNeverSeeTheLabel) {
  const HeadOutput tested = head_.forward(x_, {}, {}, true), trained = head_.forward(x_, labels_, {}, true);
  EXPECT_FALSE(tested.loss.defined());
  EXPECT_TRUE(at::equal(tested.logits, trained.logits));
  EXPECT_TRUE(at::equal(tested.routing->alpha, tested.routing->scores));
}

TEST_F(Tiles, RoutingIsEachTilesPartOfTheProbability) {
  const HeadOutput output = head_.forward(x_, labels_, {}, true);
  const at::Tensor p = at::softmax(output.logits, 1);
  const auto at = [](const at::Tensor& tensor, int row, int column) { return tensor[row][column].item<double>(); };
  for (int s = 0; s < samples; ++s) {  // classes 0, 2 and 3 have two tiles each
    EXPECT_NEAR(at(output.routing->scores, s, 0), at(p, s, 0) / 2 + at(p, s, 1) + at(p, s, 2) / 2, 1e-12);
    EXPECT_NEAR(at(output.routing->scores, s, 1), at(p, s, 2) / 2 + at(p, s, 3) / 2, 1e-12);
    EXPECT_NEAR(at(output.routing->scores, s, 2), at(p, s, 0) / 2 + at(p, s, 3) / 2 + at(p, s, 4), 1e-12);
  }
  const at::Tensor by_label =
      at::tensor({.5, 0., .5, 1., 0., 0., .5, .5, 0., 0., .5, .5, 0., 0., 1., .5, .5, 0.}, at::kDouble).view({6, 3});
  EXPECT_TRUE(at::equal(output.routing->alpha, by_label));
  EXPECT_FALSE(output.routing->scores.requires_grad());
}

TEST_F(Tiles, KnowTheirLayout) {
  EXPECT_EQ(head_.tiles(), layout_);
  EXPECT_EQ(initialiser_.weights[0].value.sizes(), (std::vector<std::int64_t>{width, 8}));
  EXPECT_EQ(initialiser_.weights[0].layer, 7);
}

class ExclusiveTiles : public Tiles {
 protected:
  ExclusiveTiles() : Tiles({{0, 4}, {1, 2, 3}}) {}
};

// Each class in one tile: the mosaic is a linear head with its columns in another order.
TEST_F(ExclusiveTiles, AreALinearHead) {
  const at::Tensor order = at::tensor({0, 2, 3, 4, 1}, at::kLong);  // slot of each class
  const at::Tensor weight = initialiser_.weights[0].value.index_select(1, order);
  const at::Tensor bias = initialiser_.weights[1].value.index_select(0, order);
  EXPECT_TRUE(at::allclose(head_.forward(x_, {}, {}, false).logits, at::addmm(bias, x_, weight), 1e-12, 1e-12));
}

}  // namespace
}  // namespace tessera
