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

HeadParameters routed(bool by_label) {
  HeadParameters made;
  made.route_by_label = by_label;
  return made;
}
const HeadParameters plain = routed(false), by_label = routed(true);

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
    const at::Tensor weight = weights(), bias = biases();
    return (at::dot(x_[s], weight.select(1, slot)) + bias[slot]).item<double>();
  }
  // Of all tiles, [width, slots] and [slots]: each has a weight of its own, and then a bias.
  at::Tensor weights() const { return at::cat(parts(0), 1); }
  at::Tensor biases() const { return at::cat(parts(layout_.size())); }
  std::vector<at::Tensor> parts(std::size_t first) const {
    std::vector<at::Tensor> made;
    for (std::size_t t = 0; t < layout_.size(); ++t) made.push_back(initialiser_.weights[first + t].value);
    return made;
  }
  bool has(std::size_t t, int c) { return std::find(layout_[t].begin(), layout_[t].end(), c) != layout_[t].end(); }

  TileLayout layout_;
  Initialiser initialiser_;
  MosaicHead head_;
  at::Tensor x_, labels_;
};

TEST_F(Tiles, AverageTheLogitsOfAClass) {
  const at::Tensor logits = head_.forward(x_, {}, {}, plain).logits;
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
  EXPECT_NEAR(head_.forward(x_, labels_, {}, by_label).loss.item<double>(), expected, 1e-12);
}

TEST_F(Tiles, GradientsByLabelAreThoseOfFiniteDifferences) {
  const auto loss = [&] { return head_.forward(x_, labels_, {}, by_label).loss; };
  for (const Weight& weight : initialiser_.weights) {
    test::check_gradient(
        weight.name, weight.value, torch::autograd::grad({loss()}, {weight.value})[0],
        [&] { return loss().item<double>(); }, 100);
  }
}

TEST_F(Tiles, ATileWithoutTheLabelLearnsNothingFromTheSample) {
  const at::Tensor loss =
      head_.forward(x_.slice(0, 1, 2), labels_.slice(0, 1, 2), {}, by_label).loss;  // class 1: tile 0 only
  const auto gradients = torch::autograd::grad({loss}, parts(0), {}, {}, false, /*allow_unused=*/true);
  EXPECT_GT(gradients[0].abs().sum().item<double>(), 0);
  for (const std::size_t t : {1, 2}) EXPECT_EQ(gradients[t].abs().sum().item<double>(), 0);
}

TEST_F(Tiles, OtherwiseLearnFromTheCrossEntropyOfAllClasses) {
  const HeadOutput output = head_.forward(x_, labels_, {}, plain);
  EXPECT_NEAR(output.loss.item<double>(), at::cross_entropy_loss(output.logits, labels_).item<double>(), 1e-12);
}

TEST_F(Tiles, TestsNeverSeeTheLabel) {
  const HeadOutput tested = head_.forward(x_, {}, {}, by_label), trained = head_.forward(x_, labels_, {}, by_label);
  EXPECT_FALSE(tested.loss.defined());
  EXPECT_TRUE(at::equal(tested.logits, trained.logits));
  EXPECT_TRUE(at::equal(tested.routing->alpha, tested.routing->scores));
}

TEST_F(Tiles, RoutingIsEachTilesPartOfTheProbability) {
  const HeadOutput output = head_.forward(x_, labels_, {}, by_label);
  const at::Tensor p = at::softmax(output.logits, 1);
  const auto at = [](const at::Tensor& tensor, int row, int column) { return tensor[row][column].item<double>(); };
  for (int s = 0; s < samples; ++s) {  // classes 0, 2 and 3 have two tiles each
    EXPECT_NEAR(at(output.routing->scores, s, 0), at(p, s, 0) / 2 + at(p, s, 1) + at(p, s, 2) / 2, 1e-12);
    EXPECT_NEAR(at(output.routing->scores, s, 1), at(p, s, 2) / 2 + at(p, s, 3) / 2, 1e-12);
    EXPECT_NEAR(at(output.routing->scores, s, 2), at(p, s, 0) / 2 + at(p, s, 3) / 2 + at(p, s, 4), 1e-12);
  }
  const at::Tensor expected =
      at::tensor({.5, 0., .5, 1., 0., 0., .5, .5, 0., 0., .5, .5, 0., 0., 1., .5, .5, 0.}, at::kDouble).view({6, 3});
  EXPECT_TRUE(at::equal(output.routing->alpha, expected));
  EXPECT_FALSE(output.routing->scores.requires_grad());
}

TEST_F(Tiles, KnowTheirLayout) {
  EXPECT_EQ(head_.tiles(), layout_);
  EXPECT_EQ(head_.experts(), 3);
  EXPECT_EQ(weights().sizes(), (std::vector<std::int64_t>{width, 8}));
  EXPECT_EQ(initialiser_.weights[1].value.sizes(), (std::vector<std::int64_t>{width, 2}));
  EXPECT_EQ(initialiser_.weights[1].expert, 1);
  EXPECT_EQ(initialiser_.weights[0].layer, 7);
}

class ExclusiveTiles : public Tiles {
 protected:
  ExclusiveTiles() : Tiles({{0, 4}, {1, 2, 3}}) {}
};

// Each class in one tile: the mosaic is a linear head with its columns in another order.
TEST_F(ExclusiveTiles, AreALinearHead) {
  const at::Tensor order = at::tensor({0, 2, 3, 4, 1}, at::kLong);  // slot of each class
  const at::Tensor weight = weights().index_select(1, order);
  const at::Tensor bias = biases().index_select(0, order);
  EXPECT_TRUE(at::allclose(head_.forward(x_, {}, {}, plain).logits, at::addmm(bias, x_, weight), 1e-12, 1e-12));
}

// Each class takes along what was learned of it: the logits stay.
TEST_F(Tiles, CanBeLaidAnew) {
  const at::Tensor before = head_.forward(x_, {}, {}, plain).logits.detach().clone();
  for (const TileLayout& layout : {TileLayout{{0, 4}, {3}, {1, 2}}, TileLayout{{0, 1, 2, 3, 4}, {2, 3}, {0}}}) {
    head_.lay(layout);
    layout_ = layout;
    EXPECT_EQ(head_.tiles(), layout);
    EXPECT_TRUE(at::allclose(head_.forward(x_, {}, {}, plain).logits, before, 1e-12, 1e-12));
    for (std::size_t t = 0; t < layout.size(); ++t) {  // the weights that others hold are the head's
      EXPECT_EQ(initialiser_.weights[t].value.size(1), static_cast<std::int64_t>(layout[t].size()));
      EXPECT_TRUE(initialiser_.weights[t].value.requires_grad());
    }
    for (int s = 0; s < samples; ++s) EXPECT_NEAR(tile_logit(s, 1, 3), before[s][3].item<double>(), 1e-12);
  }
}

// What lies beside the weights moves as they do; of a class that had two tiles it is the mean.
TEST_F(Tiles, MoveWhatLiesBesideThem) {
  std::vector<at::Tensor> beside;
  for (const Weight& weight : initialiser_.weights) beside.push_back(at::ones_like(weight.value).detach());
  beside[1].mul_(3);  // tile 1: classes 2 and 3
  const TileMove move = head_.lay({{0, 4}, {3}, {1, 2}});
  move.move_beside(initialiser_.weights, beside);
  EXPECT_TRUE(at::equal(beside[0], at::ones({width, 2}, at::kDouble)));
  EXPECT_TRUE(at::equal(beside[1], at::full({width, 1}, 2., at::kDouble)));
  EXPECT_TRUE(at::equal(beside[2][0], at::tensor({1., 2.}, at::kDouble)));
  EXPECT_TRUE(at::equal(beside[5], at::ones({2}, at::kDouble)));
}

class TilesOfSome : public Tiles {
 protected:
  TilesOfSome() : Tiles({{0, 1}, {3, 4}}) {}
};

TEST_F(TilesOfSome, NeverAnswerAClassThatNoneHas) {
  const at::Tensor logits = head_.forward(x_, {}, {}, plain).logits;
  EXPECT_TRUE(at::isneginf(logits.select(1, 2)).all().item<bool>());
  const at::Tensor labels = at::tensor({0, 1, 3, 4, 3, 0}, at::kLong);
  EXPECT_TRUE(at::isfinite(head_.forward(x_, labels, {}, plain).loss).item<bool>());
  EXPECT_NEAR(head_.forward(x_, {}, {}, plain).routing->scores.sum().item<double>(), samples, 1e-12);
}

}  // namespace
}  // namespace tessera
